/* Which sheet lies over the page, and what was last done, said aloud. */
import { signal } from "@preact/signals";
import { link } from "../state/sync";
import { toClipboard } from "../parts/Copy";

export type SheetName = "share" | "history" | "export";
export const sheet = signal<SheetName | null>(null);
export const said = signal("");
let timer = 0;

export function say(text: string): void {
  said.value = "";
  window.clearTimeout(timer);
  window.setTimeout(() => (said.value = text), 30); /* a status that is set anew is read anew */
  timer = window.setTimeout(() => (said.value = ""), 6000);
}

export function address(): string {
  return `${location.origin}${location.pathname}${link()}`;
}

export async function copyAndSay(text: string, done: string, failed: string): Promise<void> {
  say((await toClipboard(text)) ? done : failed);
}
