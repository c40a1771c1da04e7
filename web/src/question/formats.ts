/* Formats of weights and caches to choose from: the server's own list; else what the answer compares. */
import type { Fit } from "../api/types";
import { bytes } from "../format";
import type { Entry } from "../parts/Choice";

/* Where an answer has weighed a format, its weight stands beside it. */
export function formatEntries(listed: readonly string[], fit: Fit | null): Entry[] {
  const weighed = new Map((fit?.choices ?? []).map((choice) => [choice.quant.toLowerCase(), choice.weights_bytes]));
  const names = listed.length ? listed : [...new Set((fit?.choices ?? []).map((choice) => choice.quant))];
  return names.map((value) => {
    const weight = weighed.get(value.toLowerCase());
    return { value, text: weight === undefined ? value : `${value} · ${bytes(weight)}` };
  });
}

/* Types of caches have no weight of their own. */
export function cacheEntries(listed: readonly string[], fit: Fit | null): Entry[] {
  const names = listed.length ? listed : [...new Set((fit?.choices ?? []).map((choice) => choice.kv_dtype))];
  return names.map((value) => ({ value, text: value }));
}
