/* How far it goes: where nothing grows the server searches up to 2^40 and stops there. */
import type { Fit } from "../api/types";
import { whole } from "../format";
import { words } from "../text";

const FAR = 2 ** 40;

const w = words({ en: { any: "any" }, zh: { any: "不限" } });

export function limitText(value: number): string {
  return value >= FAR ? w().any : whole(value);
}

/* Whether it weighs more with longer or with more sequences: an image classifier does not. */
export function grows(fit: Fit): boolean {
  return fit.kv_bytes_per_token > 0 || Boolean(fit.fixed_bytes_per_sequence);
}
