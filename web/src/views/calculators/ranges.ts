/* The slider of an input, from what its method says of it. */
import { ticks as ticksOf } from "d3-array";
import type { Range } from "../../parts/scale";
import type { Input } from "../methods/types";

const IMPACT: Readonly<Record<string, number>> = { low: 1, medium: 2, high: 3 };

function number(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/* Powers of two or of ten between the ends, not more than eight. */
function powers(min: number, max: number): number[] {
  for (const base of [2, 4, 10, 100, 1000]) {
    const first = Math.ceil(Math.log(min) / Math.log(base) - 1e-9);
    const last = Math.floor(Math.log(max) / Math.log(base) + 1e-9);
    if (last - first < 8) return Array.from({ length: last - first + 1 }, (_, i) => Number((base ** (first + i)).toPrecision(12)));
  }
  return [];
}

/* Marks that stand too close to be read are left out. */
function thinned(ticks: readonly number[], min: number, max: number, log: boolean): number[] {
  const place = (n: number) => (log ? Math.log(n / min) / Math.log(max / min) : (n - min) / (max - min));
  const kept: number[] = [];
  for (const tick of ticks) {
    const last = kept[kept.length - 1];
    if (last === undefined || place(tick) - place(last) > 0.09) kept.push(tick);
  }
  return kept;
}

/* null: it is no number with ends. */
export function rangeOfInput(input: Input): Range | null {
  const suggested = (input.suggestions ?? []).filter((one): one is number => typeof one === "number");
  const min = number(input.low) ?? (suggested.length > 1 ? Math.min(...suggested) : undefined);
  const max = number(input.high) ?? (suggested.length > 1 ? Math.max(...suggested) : undefined);
  if (min === undefined || max === undefined || max <= min) return null;
  const log = min > 0 && max / min >= 64;
  const step = number(input.step) ?? 1;
  const [low, high] = [number(input.best_low), number(input.best_high)];
  const inside = suggested.filter((one) => one >= min && one <= max).sort((a, b) => a - b);
  const marks = inside.length > 1 ? inside : log || (min > 0 && step % 64 === 0) ? powers(min, max) : ticksOf(min, max, 5);
  return {
    min, max, log, ticks: thinned(marks, min, max, log), step,
    best: low !== undefined && high !== undefined ? [low, high] : undefined,
    impact: input.impact ? IMPACT[input.impact] : undefined,
  };
}
