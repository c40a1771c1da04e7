/* What the controls offer: the server's own ranges; a few of the page's where a server has none. */
import { optionInfo, type Cell, type Offer } from "../api/ranges";
import type { Range } from "../parts/scale";
import { told } from "../text";

const COUNTS = [1, 2, 4, 8, 16, 32, 64];

const FALLBACK: Readonly<Record<string, Range>> = {
  context: { min: 512, max: 2 ** 20, log: true, ticks: [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288, 1048576] },
  sequences: { min: 1, max: 1024, log: true, ticks: [...COUNTS, 128, 256, 512, 1024] },
  gpus: { min: 1, max: 64, log: true, ticks: COUNTS },
};

const IMPACT: Readonly<Record<string, number>> = { low: 1, medium: 2, high: 3 };

function number(cell: Cell | undefined): number | undefined {
  return typeof cell === "number" ? cell : undefined;
}

/* Ranges that span decades are logarithmic; the part below the first tick is left to typing. */
export function rangeFrom(offer: Offer, fallback: Range = { min: 0, max: 100, ticks: [] }): Range {
  const impact = offer.impact === undefined ? undefined : IMPACT[offer.impact];
  const ticks = (offer.ticks ?? []).filter((tick): tick is number => typeof tick === "number");
  const [low, high] = [number(offer.low), number(offer.high)];
  const best = offer.best && typeof offer.best.low === "number" && typeof offer.best.high === "number"
    ? ([offer.best.low, offer.best.high] as const) : undefined;
  if (low === undefined || high === undefined) return { ...fallback, best: best ?? fallback.best, impact: impact ?? fallback.impact };
  const first = ticks.find((tick) => tick > 0);
  const log = high > 100 * Math.max(1, low) || (first !== undefined && high > 100 * first);
  const min = log ? Math.max(low, first !== undefined && first >= 128 ? first : low, Number.MIN_VALUE) : low;
  return { min: log && min <= 0 ? (first ?? 1) : min, max: high, log, ticks, best, step: number(offer.step), impact };
}

export function rangeOf(name: string, command = "fit"): Range {
  const info = optionInfo(command, name);
  return info ? rangeFrom(info, FALLBACK[name]) : (FALLBACK[name] ?? { min: 0, max: 100, ticks: [] });
}

/* A slider's part of a range: what is beyond it can still be typed. */
export function within(range: Range, max: number): Range {
  if (range.max <= max) return range;
  return { ...range, max, ticks: range.ticks.filter((tick) => tick <= max) };
}

/* What the server says of an option, in the language of the moment. */
export function aboutOption(name: string, command = "fit"): string | undefined {
  const info = optionInfo(command, name);
  return info && told(info.about);
}
