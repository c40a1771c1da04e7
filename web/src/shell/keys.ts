/* Keys of the whole page; none acts while something is typed. */
import { signal } from "@preact/signals";
import { byteUnit } from "../format";
import { closeWhy, why } from "../parts/why";
import { view, VIEWS } from "../state/question";
import { language, setLanguage } from "../text";
import { setUnit } from "./Header";

export const helpOpen = signal(false);

const ACTIONS: Readonly<Record<string, () => void>> = {
  "/": () => document.getElementById("model-search")?.focus(),
  e: () => document.querySelector<HTMLElement>(".sentence button.strong")?.click(),
  u: () => setUnit(byteUnit.value === "GiB" ? "GB" : "GiB"),
  l: () => setLanguage(language.value === "en" ? "zh" : "en"),
  "?": () => (helpOpen.value = !helpOpen.value),
};

const more: Record<string, () => void> = {};

/* Views and parts give their own keys. */
export function onKey(key: string, action: () => void): void {
  more[key] = action;
}

export function startKeys(): void {
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (event.key === "Escape" && why.value) return closeWhy();
    if (target.matches("input:not([type=range]):not([type=checkbox]), textarea, select")) return;
    const digit = Number(event.key);
    const chosen = Number.isInteger(digit) && digit >= 1 ? VIEWS[digit - 1] : undefined;
    if (chosen) view.value = chosen;
    const action = more[event.key] ?? ACTIONS[event.key];
    if (!action && !chosen) return;
    event.preventDefault();
    action?.();
  });
}
