/* How numbers are written. Figures come from the API; here they only become text. */
import { signal } from "@preact/signals";

export type Num = number | bigint;
export type ByteUnit = "GiB" | "GB";

export const byteUnit = signal<ByteUnit>((localStorage.getItem("unit") as ByteUnit | null) ?? "GiB");

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;
const DECIMAL = ["B", "kB", "MB", "GB", "TB", "PB"] as const;
/* Between a number and its unit: a no-break space. */
const GAP = "\u00a0";

/* 12345678 → "12,345,678", exact. */
export function whole(value: Num): string {
  return (typeof value === "bigint" ? value : Math.round(value)).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/* Three significant digits, without an exponent. */
export function digits(value: number, significant = 3): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  const decimals = Math.max(0, significant - 1 - magnitude);
  const text = value.toFixed(Math.min(decimals, 12));
  return text.replace(/\B(?=(\d{3})+(?!\d)(?=[^.]*(\.|$)))(?<!\.\d*)/g, ",");
}

/* Bytes in the unit that suits them. */
export function bytes(value: Num, unit: ByteUnit = byteUnit.value): string {
  const [step, names] = unit === "GiB" ? [1024, BINARY] : [1000, DECIMAL];
  let scaled = Number(value);
  let at = 0;
  while (Math.abs(scaled) >= 999.5 && at < names.length - 1) {
    scaled /= step;
    at++;
  }
  return (at === 0 ? String(scaled) : digits(scaled)) + GAP + names[at];
}

/* Bytes in GiB or GB whatever their size, so that a column can be compared. */
export function giga(value: Num, decimals = 2, unit: ByteUnit = byteUnit.value): string {
  return (Number(value) / (unit === "GiB" ? 2 ** 30 : 1e9)).toFixed(decimals);
}

/* Parts in GiB or GB that add up to their total as shown: what rounding leaves goes to the parts that lost most. */
export function gigaParts(parts: readonly number[], decimals = 2, unit: ByteUnit = byteUnit.value): string[] {
  const scale = 10 ** decimals / (unit === "GiB" ? 2 ** 30 : 1e9);
  const scaled = parts.map((part) => part * scale);
  const shown = scaled.map(Math.floor);
  const wanted = Math.round(scaled.reduce((a, b) => a + b, 0));
  const order = scaled.map((part, i) => ({ i, lost: part - Math.floor(part) })).sort((a, b) => b.lost - a.lost);
  for (let left = wanted - shown.reduce((a, b) => a + b, 0), k = 0; left > 0 && k < order.length; left--, k++) {
    const entry = order[k];
    if (entry) shown[entry.i] = (shown[entry.i] ?? 0) + 1;
  }
  return shown.map((part) => (part / 10 ** decimals).toFixed(decimals));
}

/* Counts of parameters or FLOPs: 8.19 B, 671 B, 1.2 T. */
export function count(value: Num, names: readonly string[] = ["", "K", "M", "B", "T", "P", "E"]): string {
  let scaled = Number(value);
  let at = 0;
  while (Math.abs(scaled) >= 999.5 && at < names.length - 1) {
    scaled /= 1000;
    at++;
  }
  return at === 0 ? whole(scaled) : digits(scaled) + GAP + names[at];
}

/* Tokens as people write them where they are round in 1,024: 32k, 1M; else 9,792. */
export function tokens(value: number): string {
  if (value >= 2 ** 20 && value % 2 ** 20 === 0) return `${whole(value / 2 ** 20)}M`;
  return value >= 1024 && value % 1024 === 0 && value < 2 ** 20 ? `${whole(value / 1024)}k` : whole(value);
}

export function seconds(value: number): string {
  if (value < 1) return digits(value * 1000) + GAP + "ms";
  return value < 120 ? digits(value) + GAP + "s" : digits(value / 60) + GAP + "min";
}

export function percent(share: number, decimals = 1): string {
  return (share * 100).toFixed(decimals) + GAP + "%";
}

export function signedPercent(share: number): string {
  const shown = Math.abs(share) >= 10 ? `×${digits(share + 1)}` : (share >= 0 ? "+" : "−") + percent(Math.abs(share), 1);
  return shown;
}
