/* Finding by name while it is typed, slips included: each word of what is typed has to stand somewhere in the text, exactly or
 * but for a letter or two. */

/* Edits between `part` and the piece of `text` that is nearest to it; swapped neighbours are one. More than `most`: null. */
export function slips(part: string, text: string, most: number): number | null {
  let before: number[] = [];
  let last = new Array<number>(text.length + 1).fill(0);
  for (let i = 1; i <= part.length; i++) {
    const row = [i];
    for (let j = 1; j <= text.length; j++) {
      const same = part[i - 1] === text[j - 1] ? 0 : 1;
      let least = Math.min((last[j - 1] ?? 0) + same, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && part[i - 1] === text[j - 2] && part[i - 2] === text[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    if (Math.min(...row) > most) return null;
    before = last;
    last = row;
  }
  const least = Math.min(...last);
  return least <= most ? least : null;
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}.]+/gu, "");
}

/* A number is meant as it is typed: "8b" is no slip of "4b". */
function forgiven(word: string): number {
  if (word.length < 4 || /^\d/.test(word)) return 0;
  return word.length < 8 ? 1 : 2;
}

function place(typed: string, text: string): number {
  const base = text.slice(text.lastIndexOf("/") + 1);
  if (text === typed) return 0;
  if (base === typed) return 1;
  if (base.startsWith(typed)) return 2;
  if (text.startsWith(typed)) return 3;
  return text.includes(typed) ? 4 : 5;
}

/* Less is nearer; null: it is not what is meant. */
export function nearness(typed: string, text: string): number | null {
  const wanted = typed.trim().toLowerCase();
  const low = text.toLowerCase();
  const squeezed = plain(text);
  let cost = 0;
  for (const word of wanted.split(/[^\p{L}\p{N}.]+/u).filter(Boolean)) {
    if (low.includes(word) || squeezed.includes(word)) continue;
    const found = slips(word, squeezed, forgiven(word));
    if (found === null) return null;
    cost += found;
  }
  return cost * 1000 + place(wanted, low) * 100 + Math.min(99, text.length);
}

/* Those that may be meant, nearest first; as they stand where nothing is typed. */
export function matching<T>(typed: string, all: readonly T[], texts: (one: T) => readonly string[], most: number): T[] {
  if (!typed.trim()) return all.slice(0, most);
  const found: { one: T; cost: number }[] = [];
  for (const one of all) {
    const costs = texts(one).map((text) => nearness(typed, text)).filter((cost): cost is number => cost !== null);
    if (costs.length) found.push({ one, cost: Math.min(...costs) });
  }
  return found.sort((a, b) => a.cost - b.cost).slice(0, most).map(({ one }) => one);
}
