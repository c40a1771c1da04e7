/* The answer to the serving question as it stands: asked once, the moment the question changes, and read where it is shown, so
 * that only what shows it is drawn anew. */
import { batch, computed, effect, signal } from "@preact/signals";
import type { Answer } from "../api/answer";
import { keyOf, type Problem } from "../api/client";
import { lane } from "../api/lane";
import { loadRanges, ranges } from "../api/ranges";
import type { Fit } from "../api/types";
import { fitBody } from "./question";

const data = signal<Fit | null>(null);
const problem = signal<Problem | null>(null);
const answered = signal<string | null>(null);
const asked = computed(() => (ranges.value ? keyOf("fit", fitBody.value) : null));
const pending = computed(() => asked.value === null || asked.value !== answered.value);

const FIT: Answer<Fit> = {
  get data() {
    return data.value;
  },
  get problem() {
    return problem.value;
  },
  get pending() {
    return pending.value;
  },
};

const AGAIN = 2000; /* ms until a server that does not answer is asked once more */

export async function startAnswers(): Promise<void> {
  const own = lane<Fit>("first", (key, reply, newest) => batch(() => {
    if (!reply.ok && !newest) return;
    if (reply.ok) data.value = reply.data;
    problem.value = reply.ok ? null : reply.problem;
    answered.value = key;
  }));
  effect(() => {
    if (asked.value !== null) own.want("fit", fitBody.peek());
  });
  while ((problem.value = await loadRanges())) await new Promise((done) => setTimeout(done, AGAIN));
}

/* What it weighs, how far it goes, what to change. Take from it only what is shown: each part is followed by itself. */
export function useFit(): Answer<Fit> {
  return FIT;
}

/* The problem with one option, to be told at its control. */
export function useProblemOf(name: string): string | undefined {
  return problem.value && problem.value.field === name ? problem.value.detail : undefined;
}
