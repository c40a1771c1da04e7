/* Formulas of the API as LaTeX, where the API does not give LaTeX itself. This is typesetting alone: nothing is evaluated. */

const TOKEN = /\s*(\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?|[A-Za-z_][\w.]*|"[^"]*"|<=|>=|==|!=|[-+*/^(),<>=[\]]|.)/gy;
const WORDS = new Set(["if", "then", "else", "and", "or", "not", "in"]);
const FUNCTIONS = new Set(["min", "max", "ceil", "floor", "log", "log2", "sqrt", "round", "sum"]);
const MARKS: Readonly<Record<string, string>> = {
  "*": "\\cdot ", "<=": "\\le ", ">=": "\\ge ", "!=": "\\ne ", "==": "=", "%": "\\bmod ", ",": ",\\,",
};

/* Index sets and very long lines do not set well: they stay text. */
export function typesettable(formula: string): boolean {
  return !/[{}]/.test(formula) && formula.length <= 400;
}

export function isProse(formula: string): boolean {
  return !typesettable(formula);
}

/* The terms of a sum of names; empty where it is anything else. Names may hold index sets: "layers.{0-2,4}.mlp.weight". */
export function termsOf(formula: string): string[] {
  const terms = formula.split(" + ");
  return terms.every((term) => /^[A-Za-z_][^\s*/^()]*$/.test(term)) ? terms : [];
}

export function namesOf(formula: string): string[] {
  const terms = termsOf(formula);
  return terms.length > 0 ? terms : [formula];
}

function word(token: string): string {
  if (WORDS.has(token)) return `\\;\\text{${token}}\\;`;
  if (FUNCTIONS.has(token)) return `\\operatorname{${token}}`;
  return `\\mathrm{${token.replace(/_/g, "\\_")}}`;
}

/* Brackets that may break over lines: \left and \right keep what is between them together. */
export function breakable(latex: string): string {
  return latex.includes("\\frac") ? latex : latex.replace(/\\(left|right)(?=[()])/g, "");
}

export function toLatex(formula: string): string {
  let out = "";
  for (const match of formula.matchAll(TOKEN)) {
    const token = match[1] ?? "";
    if (/^\d/.test(token)) out += grouped(token);
    else if (/^[A-Za-z_]/.test(token)) out += word(token);
    else if (token.startsWith('"')) out += `\\text{${token.slice(1, -1).replace(/([_#$%&])/g, "\\$1")}}`;
    else if (token === "^") out += token;
    else out += MARKS[token] ?? token.replace(/([#$%&{}\\])/g, "\\$1");
  }
  return out.replace(/\^(\\mathrm\{[^}]*\}|\d(?:[\d.]|\\,)*)/g, "^{$1}");
}

/* Thousands with thin gaps. */
function grouped(number: string): string {
  if (/e/i.test(number)) return number.replace(/e\+?(-?\d+)/i, " \\cdot 10^{$1}");
  const [head = "", tail] = number.split(".");
  const digits = head.replace(/,/g, "");
  const spaced = digits.length > 4 ? digits.replace(/\B(?=(\d{3})+(?!\d))/g, "\\,") : digits;
  return tail === undefined ? spaced : `${spaced}.${tail}`;
}
