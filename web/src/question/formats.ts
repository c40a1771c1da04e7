/* Formats of weights and caches to choose from: the server's own list; else what the answer compares. */
import type { Choice, Fit } from "../api/types";
import { bytes } from "../format";
import type { Entry } from "../parts/Choice";

type Weighed = Pick<Choice, "quant" | "kv_dtype" | "weights_bytes">;

/* What an answer has weighed. */
export function weighedOf(fit: Fit): Weighed[] {
  return fit.choices.map(({ quant, kv_dtype, weights_bytes }) => ({ quant, kv_dtype, weights_bytes }));
}

/* Where an answer has weighed a format, its weight stands beside it. */
export function formatEntries(listed: readonly string[], choices: readonly Weighed[]): Entry[] {
  const weighed = new Map(choices.map((choice) => [choice.quant.toLowerCase(), choice.weights_bytes]));
  const names = listed.length ? listed : [...new Set(choices.map((choice) => choice.quant))];
  return names.map((value) => {
    const weight = weighed.get(value.toLowerCase());
    return { value, text: weight === undefined ? value : `${value} · ${bytes(weight)}` };
  });
}

/* Types of caches have no weight of their own. */
export function cacheEntries(listed: readonly string[], choices: readonly Weighed[]): Entry[] {
  const names = listed.length ? listed : [...new Set(choices.map((choice) => choice.kv_dtype))];
  return names.map((value) => ({ value, text: value }));
}
