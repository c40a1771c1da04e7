/* Formulas of the API as LaTeX, where the API does not give LaTeX itself. This is typesetting alone: nothing is evaluated. */

const TOKEN = /\s*(\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?|[A-Za-z_][\w.]*|"[^"]*"|<=|>=|==|!=|[-+*/^(),<>=[\]]|.)/gy;
const WORDS = new Set(["if", "then", "else", "and", "or", "not", "in"]);
const MARKS: Readonly<Record<string, string>> = {
  "*": "\\cdot ", "<=": "\\le ", ">=": "\\ge ", "!=": "\\ne ", "==": "=", "%": "\\bmod ",
};

/* Sums of whole tensors and lists read better as text. */
export function isProse(formula: string): boolean {
  return /[{}]/.test(formula) || formula.length > 400;
}

function word(token: string): string {
  const name = token.replace(/_/g, "\\_");
  return WORDS.has(token) ? `\\;\\text{${token}}\\;` : `\\mathit{${name}}`;
}

export function toLatex(formula: string): string {
  let out = "";
  for (const match of formula.matchAll(TOKEN)) {
    const token = match[1] ?? "";
    if (/^\d/.test(token)) out += grouped(token);
    else if (/^[A-Za-z_]/.test(token)) out += word(token);
    else if (token.startsWith('"')) out += `\\text{${token.slice(1, -1).replace(/([_#$%&])/g, "\\$1")}}`;
    else if (token === "^") out += "^";
    else out += MARKS[token] ?? token.replace(/([#$%&{}\\])/g, "\\$1");
  }
  return out.replace(/\^(\\mathit\{[^}]*\}|\d[^\s+\-*/^()]*)/g, "^{$1}");
}

/* Thousands with thin gaps. */
function grouped(number: string): string {
  const [head = "", tail] = number.split(".");
  const digits = head.replace(/,/g, "");
  const spaced = digits.length > 4 ? digits.replace(/\B(?=(\d{3})+(?!\d))/g, "\\,") : digits;
  return tail === undefined ? spaced : `${spaced}.${tail}`;
}
