/* A long list that is found in by typing: names with a figure each. Works by keyboard alone; what is no entry can be typed too. */
import { useId, useState } from "preact/hooks";

export interface Item {
  value: string;
  text?: string; /* shown in place of the value */
  aside?: string; /* a figure or a word at the right */
  find?: string; /* other names */
}

interface Props {
  label: string;
  name: string;
  value: string;
  placeholder: string; /* what holds when nothing is given */
  items: readonly Item[];
  none: string;
  free?: boolean; /* what is typed stands, even where a list entry is like it */
  head?: string | undefined; /* what the figures at the right are */
  about?: string | undefined;
  problem?: string | undefined;
  ignored?: string | undefined;
  onChange: (value: string) => void;
}

/* Exact names first, then beginnings, then parts, then letters in order, so that a slip still finds. */
function rank(item: Item, text: string): number {
  const name = item.value.toLowerCase();
  if (!text || name === text) return 0;
  if (name.startsWith(text)) return 1;
  if (name.includes(text) || item.text?.toLowerCase().includes(text)) return 2;
  if (item.find?.toLowerCase().includes(text)) return 3;
  let at = 0;
  for (const letter of name) if (letter === text[at]) at++;
  return at === text.length ? 4 : 9;
}

export function found(items: readonly Item[], typed: string): Item[] {
  const text = typed.trim().toLowerCase().replace(/[\s-]+/g, "_");
  return items
    .map((item) => ({ item, rank: rank(item, text) }))
    .filter((entry) => entry.rank < 9)
    .sort((a, b) => a.rank - b.rank)
    .map((entry) => entry.item);
}

const COMBOBOX: object = { role: "combobox", type: "text" };

export function Picker({ label, name, value, placeholder, items, none, free, head, about, problem, ignored, onChange }: Props) {
  const id = useId();
  const [text, setText] = useState<string | null>(null); /* null: closed */
  const [at, setAt] = useState(-1);
  const shown = text === null ? [] : found(items, text);
  const take = (chosen: string) => {
    onChange(chosen);
    setText(null);
    setAt(-1);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") text === null ? setText("") : setAt(Math.min(shown.length - 1, at + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(-1, at - 1));
    else if (event.key === "Enter") take((free && at < 0 && text ? text.trim() : shown[Math.max(at, 0)]?.value) ?? text ?? "");
    else if (event.key === "Escape") setText(null);
    else return;
    event.preventDefault();
    requestAnimationFrame(() => document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: "nearest" }));
  };
  return (
    <div class={`control search picker ${ignored ? "ignored" : ""}`} data-option={name}>
      <label for={id} title={about}>{label}</label>
      <input id={id} {...COMBOBOX} autocomplete="off" spellcheck={false} disabled={Boolean(ignored)} placeholder={placeholder}
        aria-expanded={text !== null} aria-controls={`${id}-list`} aria-autocomplete="list" aria-invalid={problem ? "true" : undefined}
        aria-describedby={problem || ignored ? `${id}-note` : undefined}
        {...(at >= 0 && { "aria-activedescendant": `${id}-${at}` })}
        value={text ?? value} onFocus={() => setText("")} onClick={() => setText(text ?? "")} onBlur={() => (free && text?.trim() ? take(text.trim()) : setText(null))}
        onInput={(event) => { setText(event.currentTarget.value); setAt(-1); }} onKeyDown={keys} />
      <ul id={`${id}-list`} role="listbox" aria-label={label} hidden={text === null}>
        {head && <li role="presentation" class="picker-head">{head}</li>}
        {shown.slice(0, 200).map((item, i) => (
          <li key={item.value} id={`${id}-${i}`} role="option" aria-selected={i === at}
            onMouseDown={(event) => { event.preventDefault(); take(item.value); (document.activeElement as HTMLElement).blur(); }}>
            <span>{item.text ?? item.value}</span>
            {item.aside && <span class="muted mono">{item.aside}</span>}
          </li>
        ))}
        {text !== null && shown.length === 0 && <li role="option" aria-disabled="true" aria-selected="false" class="muted">{none}</li>}
      </ul>
      {(problem ?? ignored) && <p id={`${id}-note`} class={problem ? "problem" : "note"} role={problem ? "alert" : undefined}>{problem ?? ignored}</p>}
    </div>
  );
}
