/* The answer to the serving question as it stands. */
import { effect, signal } from "@preact/signals";
import type { Answer } from "../api/answer";
import type { Problem } from "../api/client";
import { loadRanges, ranges } from "../api/ranges";
import type { Fit } from "../api/types";
import { followed } from "./followed";
import { fitBody } from "./question";

const fit = followed<Fit>("fit", () => (ranges.value ? fitBody.value : null), "first");
const AGAIN = 2000; /* ms until a server that does not answer is asked once more */

/* Why nothing can be asked at all. */
export const unreached = signal<Problem | null>(null);

export async function startAnswers(): Promise<void> {
  while ((unreached.value = await loadRanges())) await new Promise((done) => setTimeout(done, AGAIN));
}

/* What it weighs, how far it goes, what to change. Take from it only what is shown: each part is followed by itself. */
export function useFit(): Answer<Fit> {
  return fit;
}

/* The same for the views: charts and tables follow when the strip and the controls have been painted. */
const shown = signal<Fit | null>(null);

effect(() => {
  const { data } = fit;
  if (shown.peek() === null) shown.value = data;
  else requestAnimationFrame(() => setTimeout(() => (shown.value = data)));
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
