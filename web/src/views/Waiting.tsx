/* What stands in a view whose question is refused. What the strip says already is not said again. */
import type { Problem as Told } from "../api/client";
import { Problem } from "../parts/Problem";
import { useFit } from "../state/answers";
import { words } from "../text";

const w = words({
  en: { waiting: "Figures stand here as soon as the question at the left can be answered.", weighing: "weighing…" },
  zh: { waiting: "左侧的问题可以回答后，结果会显示在这里。", weighing: "称重中…" },
});

/* Nothing has been answered yet. */
export function Weighing() {
  return <p class="muted" aria-busy="true">{w().weighing}</p>;
}

export function Waiting() {
  const { problem } = useFit();
  return problem ? <p class="muted">{w().waiting}</p> : <Weighing />;
}

export function Refused({ problem, empty }: { problem: Told | null; empty: boolean }) {
  const { problem: said } = useFit();
  if (!problem) return empty ? <Weighing /> : null;
  if (problem.detail !== said?.detail) return <Problem problem={problem} />;
  return empty ? <p class="muted">{w().waiting}</p> : null;
}
