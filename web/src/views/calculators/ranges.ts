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

/* Powers of two or of ten between the ends, not more than eight; 1, 2, 5 of each decade where there are fractions. */
function powers(min: number, max: number): number[] {
  if (min < 1) {
    const decades = Array.from({ length: Math.ceil(Math.log10(max / min)) + 1 }, (_, i) => 10 ** (Math.floor(Math.log10(min)) + i));
    const many = decades.length <= 3 ? [1, 2, 5] : [1];
    return decades.flatMap((one) => many.map((n) => Number((n * one).toPrecision(6)))).filter((tick) => tick >= min && tick <= max);
  }
  for (const base of [2, 4, 10, 100, 1000]) {
    const first = Math.ceil(Math.log(min) / Math.log(base) - 1e-9);
    const last = Math.floor(Math.log(max) / Math.log(base) + 1e-9);
    if (last - first < 8) return Array.from({ length: last - first + 1 }, (_, i) => Number((base ** (first + i)).toPrecision(12)));
  }
  return [];
}

/* Round numbers where the input's own steps meet them, else every so many steps. */
function steps(min: number, max: number, step: number): number[] {
  const isPower = (n: number) => n >= 1 && Number.isInteger(Math.log2(n));
  if (isPower(min) && isPower(max) && max / min >= 8 && Number.isInteger(step)) return powers(min, max);
  const round = ticksOf(min, max, 5);
  if (round.every((tick) => Math.abs((tick - min) / step - Math.round((tick - min) / step)) < 1e-6)) return round;
  const stride = step * Math.ceil((max - min) / step / 5);
  return Array.from({ length: Math.floor((max - min) / stride + 1e-9) + 1 }, (_, i) => Number((min + i * stride).toPrecision(12)));
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
  const least = number(input.low) ?? (suggested.length > 1 ? Math.min(...suggested) : undefined);
  const max = number(input.high) ?? (suggested.length > 1 ? Math.max(...suggested) : undefined);
  if (least === undefined || max === undefined || max <= least) return null;
  const step = number(input.step) ?? 1;
  const min = least === 0 && max / Math.max(step, 1) >= 200 ? Math.max(step, 1) : least; /* nought can be typed */
  const log = min > 0 && max / min >= 64;
  const [low, high] = [number(input.best_low), number(input.best_high)];
  const inside = suggested.filter((one) => one >= min && one <= max).sort((a, b) => a - b);
  const marks = inside.length > 1 ? inside : log ? powers(min, max) : steps(min, max, step);
  return {
    min, max, log, ticks: thinned(marks, min, max, log), step,
    best: low !== undefined && high !== undefined ? [low, high] : undefined,
    impact: input.impact ? IMPACT[input.impact] : undefined,
  };
}
