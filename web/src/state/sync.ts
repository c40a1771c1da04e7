/* Keeps the address in step with the state, and the state with the address (back, forward, a pasted link). */
import { effect } from "@preact/signals";
import { ranges } from "../api/ranges";
import { read, write } from "./link";
import { extras, options, view } from "./question";
import { busy } from "./settled";

const OFTEN = 200; /* ms: browsers refuse an address that changes faster for long */
const PAUSE = 1000;
let changed = -PAUSE; /* when, in ms */
let written = "";
let timer = 0;
let ended = (): void => undefined; /* of the wait for the address */
let fresh = false; /* the change to come begins a new place */

function take(hash: string): boolean {
  const state = read(hash);
  if (!state) return false;
  changed = performance.now();
  options.value = state.options;
  view.value = state.view;
  extras.value = state.extras;
  return true;
}

export function link(): string {
  return write({ options: options.value, view: view.value, extras: extras.value });
}

function put(): void {
  timer = 0;
  ended();
  const hash = link();
  if (hash === written) return;
  if (fresh && written !== "") history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
  written = hash;
  fresh = false;
}

/* Dragging replaces the address; a pause of a second makes a place to go back to. */
function follow(): void {
  if (link() === written) return;
  fresh ||= performance.now() - changed > PAUSE;
  changed = performance.now();
  if (timer !== 0) return;
  ended = busy();
  timer = window.setTimeout(put, OFTEN);
}

export function startSync(): void {
  if (take(location.hash)) written = location.hash;
  window.addEventListener("popstate", () => {
    window.clearTimeout(timer);
    timer = 0;
    ended();
    fresh = false;
    written = location.hash;
    take(location.hash);
  });
  effect(() => {
    link();
    if (ranges.value) follow();
  });
}
