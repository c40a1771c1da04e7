/* Where a value stands on a slider. */

export interface Range {
  min: number;
  max: number;
  log?: boolean;
  ticks: readonly number[];
  best?: readonly [number, number] | undefined; /* the suggested part */
  step?: number | undefined; /* of a linear range; 1 */
  impact?: number | undefined; /* 1 to 3: what it scales weighs little or much */
}

export const STEPS = 1000;

export function toPosition(range: Range, value: number): number {
  const v = Math.min(range.max, Math.max(range.min, value));
  const share = range.log
    ? Math.log(v / range.min) / Math.log(range.max / range.min)
    : (v - range.min) / (range.max - range.min);
  return Math.round(share * STEPS);
}

export function fromPosition(range: Range, position: number): number {
  const share = position / STEPS;
  const raw = range.log
    ? range.min * (range.max / range.min) ** share
    : range.min + share * (range.max - range.min);
  return round(range, raw);
}

/* Near a tick it snaps to it; else to a number that people would type. */
function round(range: Range, raw: number): number {
  for (const tick of range.ticks)
    if (Math.abs(toPosition(range, tick) - toPosition(range, raw)) <= 8) return tick;
  if (!range.log) {
    const step = range.step ?? 1;
    return Number((Math.round(raw / step) * step).toPrecision(12));
  }
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(raw)) - 1);
  return Math.max(range.min, Math.round(raw / unit) * unit);
}

/* The next tick up or down; by the range's own step with `fine`. */
export function next(range: Range, value: number, up: boolean, fine: boolean): number {
  if (fine) {
    const step = range.log ? Math.max(1, 10 ** Math.floor(Math.log10(Math.max(1, value)) - 1)) : (range.step ?? 1);
    return Math.min(range.max, Math.max(range.min, Number((value + (up ? step : -step)).toPrecision(12))));
  }
  const ticks = up ? range.ticks.filter((tick) => tick > value) : range.ticks.filter((tick) => tick < value).reverse();
  return ticks[0] ?? (up ? range.max : range.min);
}

/* "32k" → 32768, "1.5" → 1.5; null where it is no number. The API reads the same. */
export function typed(text: string): number | null {
  const match = /^\s*([\d,]*\.?\d+)\s*([kKmM]?)\s*$/.exec(text);
  if (!match) return null;
  const number = Number((match[1] ?? "").replace(/,/g, ""));
  const unit = (match[2] ?? "").toLowerCase();
  return number * (unit === "k" ? 1024 : unit === "m" ? 1024 * 1024 : 1);
}
