/* The state as a link: "#fit?model=…&context=…;view=deploy&batch=4". What stands before the semicolon is a shared question
 * that `weigh open` answers as it is; what follows is the page's own. */
import { takes } from "../api/ranges";
import { COMMAND_OF, VIEWS, type Options, type View } from "./question";

export interface State {
  options: Options;
  view: View;
  extras: Readonly<Record<string, string>>;
}

/* As face/share.c writes: what RFC 3986 leaves unreserved stays, and `:` and `,`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%3A/g, ":").replace(/%2C/g, ",");
}

function pairs(entries: Iterable<readonly [string, string]>): string {
  return [...entries].map(([name, value]) => (value === "true" ? name : `${name}=${encode(value)}`)).join("&");
}

function* flat(options: Options, keep: (name: string) => boolean): Generator<readonly [string, string]> {
  for (const [name, value] of Object.entries(options)) {
    if (!keep(name)) continue;
    for (const one of typeof value === "string" ? [value] : value) yield [name, one];
  }
}

export function write(state: State): string {
  const command = COMMAND_OF[state.view];
  const question = pairs(flat(state.options, (name) => takes(command, name)));
  const rest = pairs([
    ...(state.view === VIEWS.find((v) => COMMAND_OF[v] === command) ? [] : [["view", state.view] as const]),
    ...flat(state.options, (name) => !takes(command, name)),
    ...Object.entries(state.extras).map(([name, value]) => [`~${name}`, value] as const),
  ]);
  return `#${command}?${question}${rest ? `;${rest}` : ""}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, " "));
  } catch {
    return text;
  }
}

/* null where the fragment is no question. */
export function read(hash: string): State | null {
  const parts = /^#([a-z-]+)\?([^;]*)(?:;(.*))?$/.exec(hash);
  if (!parts) return null;
  const [, command = "", question = "", rest = ""] = parts;
  let found = VIEWS.find((v) => COMMAND_OF[v] === command) ?? "overview";
  const options: Record<string, string | string[]> = {};
  const extras: Record<string, string> = {};
  for (const pair of [...question.split("&"), ...rest.split("&")]) {
    if (!pair) continue;
    const at = pair.indexOf("=");
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? "true" : decode(pair.slice(at + 1));
    if (name === "view") found = (VIEWS as readonly string[]).includes(value) ? (value as View) : found;
    else if (name.startsWith("~")) extras[name.slice(1)] = value;
    else options[name] = merge(options[name], value);
  }
  return { options, view: found, extras };
}

function merge(old: string | string[] | undefined, value: string): string | string[] {
  if (old === undefined) return value;
  return typeof old === "string" ? [old, value] : [...old, value];
}
