/* An answer that several parts of the page show: asked the moment the question changes, and read where it is shown, so that only
 * what shows it is drawn anew. */
import { batch, computed, effect, signal } from "@preact/signals";
import { LATE, type Answer } from "../api/answer";
import { keyOf, type Body, type Problem } from "../api/client";
import { lane, type Turn } from "../api/lane";

export interface Followed<T> extends Answer<T> {
  readonly late: boolean; /* pending for so long that it should be seen */
}

/* `body` is read as a signal; while it is null nothing is asked and what was answered stays. */
export function followed<T>(command: string, body: () => Body | null, turn: Turn): Followed<T> {
  const data = signal<T | null>(null);
  const problem = signal<Problem | null>(null);
  const answered = signal<string | null>(null);
  const question = computed(body);
  const asked = computed(() => (question.value ? keyOf(command, question.value) : null));
  const pending = computed(() => asked.value === null || asked.value !== answered.value);
  const own = lane<T>(turn, (key, reply, newest) => batch(() => {
    if (!reply.ok && !newest) return;
    if (reply.ok) data.value = reply.data;
    problem.value = reply.ok ? null : reply.problem;
    answered.value = key;
  }));
  effect(() => {
    void asked.value;
    own.want(command, question.peek());
  });
  const late = signal(false);
  effect(() => {
    if (!pending.value || asked.value === null) return void (late.value = false);
    const timer = setTimeout(() => (late.value = true), LATE);
    return () => clearTimeout(timer);
  });
  return {
    get data() {
      return data.value;
    },
    get problem() {
      return problem.value;
    },
    get pending() {
      return pending.value;
    },
    get late() {
      return late.value;
    },
  };
}
