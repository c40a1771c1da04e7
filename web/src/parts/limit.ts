/* How far it goes; null: nothing grows with it, so there is no limit. */
import { whole } from "../format";
import { words } from "../text";

const w = words({ en: { any: "any" }, zh: { any: "不限" } });

export function limitText(value: number | null | undefined): string {
  return typeof value === "number" ? whole(value) : w().any;
}
