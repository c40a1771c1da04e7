/* The answer to the serving question as it stands. */
import { batch, computed, effect, signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Answer } from "../api/answer";
import type { Problem } from "../api/client";
import { quiet } from "../api/lane";
import { loadRanges, ranges } from "../api/ranges";
import type { Fit } from "../api/types";
import { followed, type Followed } from "./followed";
import { fitBody, options, type Options } from "./question";
import { busy } from "./settled";

const fit = followed<Fit>("fit", () => (ranges.value ? fitBody.value : null), "first");
const AGAIN = 2000; /* ms until a server that does not answer is asked once more */

/* Why nothing can be asked at all. */
export const unreached = signal<Problem | null>(null);

export async function startAnswers(): Promise<void> {
  while ((unreached.value = await loadRanges())) await new Promise((done) => setTimeout(done, AGAIN));
}

/* What it weighs, how far it goes, what to change. */
export function useFit(): Followed<Fit> {
  return fit;
}

function alike(a: unknown, b: unknown): boolean {
  const text = (value: unknown) => JSON.stringify(value, (_key, one: unknown) => (typeof one === "bigint" ? `${one}n` : one));
  return a === b || (typeof a === "object" && typeof b === "object" && text(a) === text(b));
}

/* A part of the answer: who shows it is drawn anew when that part has changed. `select` stays the same function. */
export function useOfFit<T>(select: (fit: Fit | null) => T): T {
  const part = useMemo(() => {
    let last: T;
    return computed(() => {
      const now = select(fit.data);
      if (!alike(last, now)) last = now;
      return last;
    });
  }, [select]);
  return part.value;
}

/* The same for the views, and the question that they ask: charts and tables follow when the strip and the controls have been
 * painted and the question has come to rest, while it does not several times a second. */
const shown = signal<Fit | null>(null);
export const shownOptions = signal<Options>(options.peek());
const REST = 60; /* ms without a new question */
const OFTEN = 240; /* ms that the views may lag behind */
let behind: { since: number; ended: () => void } | null = null;

const whenIdle = (run: () => void): void => {
  if (typeof requestIdleCallback === "function") requestIdleCallback(run, { timeout: 100 });
  else setTimeout(run);
};

function catchUp(): void {
  const left = behind ? Math.min(REST - quiet(), behind.since + OFTEN - performance.now()) : 0;
  if (left > 0) return void setTimeout(catchUp, left);
  whenIdle(() => {
    behind?.ended();
    behind = null;
    batch(() => {
      shown.value = fit.data;
      shownOptions.value = options.value;
    });
  });
}

effect(() => {
  const { data } = fit;
  const asked = options.value;
  if (shown.peek() === null) {
    shown.value = data;
    shownOptions.value = asked;
  } else if (!fit.pending && !behind && (shown.peek() !== data || shownOptions.peek() !== asked)) {
    behind = { since: performance.now(), ended: busy() };
    requestAnimationFrame(() => setTimeout(catchUp));
  }
});

const later: Answer<Fit> = {
  get data() {
    return shown.value;
  },
  get problem() {
    return fit.problem;
  },
  get pending() {
    return fit.pending || shown.value !== fit.data;
  },
};

export function useShownFit(): Answer<Fit> {
  return later;
}

/* The problem with one option, to be told at its control. */
export function useProblemOf(name: string): string | undefined {
  const problem = fit.problem;
  return problem && problem.field === name ? problem.detail : undefined;
}
