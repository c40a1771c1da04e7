/* The last questions with what came of them, on this machine only. */
import { signal } from "@preact/signals";

export interface Past {
  link: string; /* "#fit?model=…" */
  model: string;
  load: string;
  machine: string;
  bytes: number;
  capacity: number | null;
  fits: boolean | null;
  at: number; /* ms */
}

const MOST = 20;
const KEY = "history";

function kept(): Past[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(list) ? (list as Past[]).filter((one) => typeof one?.link === "string").slice(0, MOST) : [];
  } catch {
    return [];
  }
}

export const history = signal<readonly Past[]>(kept());

function keep(list: readonly Past[]): void {
  history.value = list;
  localStorage.setItem(KEY, JSON.stringify(list));
}

export function remember(past: Past): void {
  keep([past, ...history.value.filter((one) => one.link !== past.link)].slice(0, MOST));
}

export function forget(): void {
  keep([]);
}
