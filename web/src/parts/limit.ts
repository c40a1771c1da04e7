/* How far it goes; null: nothing grows with it, so there is no limit. */
import type { Fit } from "../api/types";
import { whole } from "../format";
import { words } from "../text";

const w = words({ en: { any: "any" }, zh: { any: "不限" } });

export function limitText(value: number | null | undefined): string {
  return typeof value === "number" ? whole(value) : w().any;
}

/* Whether it weighs more with longer or with more sequences: an image classifier does not. */
export function grows(fit: Fit): boolean {
  return fit.kv_bytes_per_token > 0 || Boolean(fit.fixed_bytes_per_sequence);
}
