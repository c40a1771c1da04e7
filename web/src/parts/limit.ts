/* How far it goes: where nothing grows the server searches up to 2^40 and stops there. */
import { whole } from "../format";
import { words } from "../text";

const FAR = 2 ** 40;

const w = words({ en: { any: "any" }, zh: { any: "不限" } });

export function limitText(value: number): string {
  return value >= FAR ? w().any : whole(value);
}
