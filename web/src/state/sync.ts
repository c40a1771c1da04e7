/* Keeps the address in step with the state, and the state with the address (back, forward, a pasted link). */
import { effect } from "@preact/signals";
import { ranges } from "../api/ranges";
import { read, write } from "./link";
import { extras, options, view } from "./question";

let written = "";
let timer = 0;

function take(hash: string): boolean {
  const state = read(hash);
  if (!state) return false;
  options.value = state.options;
  view.value = state.view;
  extras.value = state.extras;
  return true;
}

export function link(): string {
  return write({ options: options.value, view: view.value, extras: extras.value });
}

/* Dragging replaces the address; a pause of a second makes a place to go back to. */
function put(hash: string): void {
  if (hash === written) return;
  const settled = timer === 0 && written !== "";
  window.clearTimeout(timer);
  timer = window.setTimeout(() => (timer = 0), 1000);
  if (settled) history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
  written = hash;
}

export function startSync(): void {
  if (take(location.hash)) written = location.hash;
  window.addEventListener("popstate", () => {
    written = location.hash;
    take(location.hash);
  });
  effect(() => {
    if (ranges.value) put(link());
  });
}
