/* What the charts ask: memory over context and concurrency. The questions leave the present context and concurrency out, so that
 * dragging those only moves the mark. */
import { useMemo } from "preact/hooks";
import { useAnswer } from "../../api/answer";
import { ranges } from "../../api/ranges";
import type { Point, Sweep } from "../../api/serving";
import type { Fit } from "../../api/types";
import { rangeOf } from "../../state/controls";
import { shownOptions } from "../../state/answers";
import { bodyFor } from "../../state/question";

const WITHOUT = { context: null, sequences: null, mix: null, prompt: null, output: null, "shared-prefix": null, explain: null, method: null } as const;
const LINES = [1, 4, 16, 64, 256] as const;
const FINE = 3; /* points an octave */

export interface Span {
  from: number;
  to: number;
  doublings: number[];
}

/* From 1k to what the configuration allows, at least 128k; wider where the question stands outside. */
export function spanOf(fit: Fit): Span {
  const positions = fit.fields?.find((field) => field.name === "max_position_embeddings")?.value;
  const wanted = Math.max(131072, typeof positions === "number" ? positions : 0, fit.context);
  const to = Math.min(2 ** 20, 2 ** Math.ceil(Math.log2(wanted)));
  const from = Math.min(1024, Math.max(256, 2 ** Math.floor(Math.log2(fit.context))));
  const doublings: number[] = [];
  for (let at = from; at <= to; at *= 2) doublings.push(at);
  return { from, to, doublings };
}

function fine(span: Span): number[] {
  const steps = Math.round(Math.log2(span.to / span.from)) * FINE;
  return Array.from({ length: steps + 1 }, (_, i) => Math.round((span.from * 2 ** (i / FINE)) / 16) * 16);
}

function useSweep(span: Span | null, vary: (span: Span) => string[], extra: Record<string, boolean> = {}) {
  const body = span && ranges.value ? bodyFor("sweep", shownOptions.value, { ...WITHOUT, ...extra, vary: vary(span) }) : null;
  return useAnswer<Sweep>("sweep", body, "settled");
}

export interface Field {
  at: (context: number, sequences: number) => Point | undefined;
  lines: { sequences: number; own: boolean; points: Point[]; reach: number | null }[];
  frontier: { sequences: number; context: number }[];
  pending: boolean;
  problem: string | null;
}

function valid(answer: Sweep | null): Point[] {
  return (answer?.points ?? []).filter((point) => !point.error);
}

/* The field of all doublings, the lines of a few concurrencies and of the present one, and how far each concurrency goes. */
export function useField(fit: Fit, span: Span): Field {
  const users = rangeOf("sequences").ticks;
  const field = useSweep(span, (s) => [`sequences=${users.join(",")}`, `context=${s.doublings.join(",")}`]);
  const lines = useSweep(span, (s) => [`sequences=${LINES.join(",")}`, `context=${fine(s).join(",")}`]);
  const own = useSweep(span, (s) => [`sequences=${fit.sequences}`, `context=${fine(s).join(",")}`]);
  const reach = useSweep(span, () => [`sequences=${users.join(",")}`], { reach: true });
  /* Functions and lists stay the same objects while the answers do: the charts draw anew what has changed. */
  const at = useMemo(() => {
    const cells = new Map(valid(field.data).map((point) => [`${point.context as number} ${point.sequences as number}`, point]));
    return (context: number, sequences: number) => cells.get(`${context} ${sequences}`);
  }, [field.data]);
  const reached = useMemo(() => new Map(valid(reach.data).map((point) => [point.sequences as number, point.max_context ?? null])), [reach.data]);
  const ownPoints = valid(own.data);
  const drawn = (ownPoints[0]?.sequences as number | undefined) ?? fit.sequences; /* an older question's while the newer is under way */
  const ofLine = (sequences: number, points: Point[], far: number | null) => ({ sequences, own: sequences === drawn, points, reach: far });
  const others = LINES.filter((n) => n !== drawn).map((n) =>
    ofLine(n, valid(lines.data).filter((point) => point.sequences === n), reached.get(n) ?? null));
  return {
    at,
    lines: [...others, ofLine(drawn, ownPoints, drawn === fit.sequences ? fit.max_context : null)].filter((one) => one.points.length > 1)
      .sort((a, b) => a.sequences - b.sequences),
    frontier: [...reached].flatMap(([sequences, context]) => (context === null ? [] : [{ sequences, context }])).sort((a, b) => a.sequences - b.sequences),
    pending: field.pending || lines.pending || own.pending || reach.pending,
    problem: field.problem?.detail ?? null,
  };
}
