/* Figures of two answers side by side, as texts; what differs is said once more as a difference. */
import { takes } from "../../api/ranges";
import type { Fit, Params } from "../../api/types";
import { bytes, count, digits, seconds } from "../../format";
import { onDevice } from "../../parts/components";
import { worstDevice } from "../../parts/load";
import { words } from "../../text";
import { componentWord } from "../../text/terms";
import type { Difference, Differences } from "./difference";
import { limitText } from "../../parts/limit";

export interface Side {
  fit: Fit;
  params: Params | null;
}

export interface Row {
  name: string;
  key: string;
  tone?: string;
  why?: string; /* quantity of fit */
  a: string;
  b: string;
  difference: string; /* B against A */
  better: "a" | "b" | null;
}

const w = words({
  en: {
    fits: "fits", yes: "yes", no: "no", needs: "needs on one device", capacity: "capacity of one device", all: "all devices", kv: "KV cache of one token", bits: "bits per weight",
    context: "longest context", users: "most users", each: "tokens/s each", together: "tokens/s together", first: "first token", price: "USD per hour",
    total: "parameters", active: "active parameters", none: "none", times: (f: string) => `×${f}`,
  },
  zh: {
    fits: "放得下", yes: "是", no: "否", needs: "单卡所需", capacity: "单卡容量", all: "全部设备合计", kv: "单个 token 的 KV 缓存", bits: "每权重位数",
    context: "最长上下文", users: "最大并发", each: "每路 token/s", together: "合计 token/s", first: "首个 token", price: "美元/小时",
    total: "参数量", active: "激活参数", none: "无", times: (f: string) => `×${f}`,
  },
});

type Pick = (side: Side) => number | null | undefined;

interface Kind {
  text: (value: number) => string;
  good: "less" | "more" | null;
}

const AMOUNT: Kind = { text: bytes, good: "less" };
const NEUTRAL: Kind = { text: bytes, good: null };
const COUNT: Kind = { text: count, good: null };
const MORE: Kind = { text: limitText, good: "more" };
const RATE: Kind = { text: digits, good: "more" };
const TIME: Kind = { text: seconds, good: "less" };
const PLAIN: Kind = { text: digits, good: null };
/* One side has it not. */
export function none(): string {
  return w().none;
}

/* Of the figures that are shown: an answer that is older or newer than these says nothing of them. */
function differenceOf(found: Difference | undefined, a: number, b: number, kind: Kind): string {
  if (!found || a === b || found.a !== a || found.b !== b || found.difference === undefined) return "";
  const factor = found.ratio === undefined ? "" : ` (${w().times(digits(found.ratio))})`;
  return `${found.difference > 0 ? "+" : "−"}${kind.text(Math.abs(found.difference))}${factor}`;
}

function better(a: number, b: number, kind: Kind): Row["better"] {
  if (a === b || kind.good === null) return null;
  return (b < a) === (kind.good === "less") ? "b" : "a";
}

interface Wanted {
  key: string;
  path?: string; /* in the answer, where it is not the key */
  name: string;
  kind: Kind;
  pick: Pick;
  why?: string;
}

function rowOf({ key, path, name, kind, pick, why }: Wanted, a: Side, b: Side, differences: Differences): Row | null {
  const [x, y] = [pick(a) ?? null, pick(b) ?? null];
  if (x === null && y === null) return null;
  const both = x !== null && y !== null;
  return {
    key, name, a: x === null ? none() : kind.text(x), b: y === null ? none() : kind.text(y),
    difference: both ? differenceOf(differences.get(path ?? key), x, y, kind) : "", better: both ? better(x, y, kind) : null, ...(why && { why }),
  };
}

function componentRows(a: Side, b: Side, differences: Differences): (Row | null)[] {
  const parts = [a, b].flatMap((side) => onDevice(worstDevice(side.fit)?.components ?? []));
  const names = [...new Set(onDevice(parts).map((part) => part.name))];
  return names.map((name) => {
    const pick: Pick = (side) => worstDevice(side.fit)?.components.find((part) => part.name === name)?.bytes;
    const wanted = { key: name, path: `fullest.components.${name}.bytes`, name: componentWord(name), kind: AMOUNT, pick, why: name };
    const row = rowOf(wanted, a, b, differences);
    return row && { ...row, tone: name };
  });
}

function fitsRow(a: Side, b: Side): Row | null {
  const text = (side: Side) => (side.fit.fits === null ? none() : side.fit.fits ? w().yes : w().no);
  if (a.fit.fits === null && b.fit.fits === null) return null;
  const apart = a.fit.fits !== b.fit.fits && a.fit.fits !== null && b.fit.fits !== null;
  return { key: "fits", name: w().fits, a: text(a), b: text(b), difference: "", better: apart ? (a.fit.fits ? "a" : "b") : null };
}

export function rowsOf(a: Side, b: Side, differences: Differences): Row[] {
  const row = (key: string, path: string, name: string, kind: Kind, pick: Pick, why?: string) => rowOf({ key, path, name, kind, pick, ...(why && { why }) }, a, b, differences);
  return [
    fitsRow(a, b),
    row("device_bytes", "fullest.bytes", w().needs, AMOUNT, (side) => worstDevice(side.fit)?.bytes, "device_bytes"),
    ...componentRows(a, b, differences),
    row("capacity", "fullest.capacity_bytes", w().capacity, NEUTRAL, (side) => worstDevice(side.fit)?.capacity_bytes),
    row("total_bytes", "total_bytes", w().all, AMOUNT, (side) => side.fit.total_bytes),
    row("kv_bytes_per_token", "kv_bytes_per_token", w().kv, AMOUNT, (side) => side.fit.kv_bytes_per_token),
    row("bits_per_weight", "bits_per_weight", w().bits, PLAIN, (side) => side.fit.bits_per_weight),
    row("max_context", "max_context", w().context, MORE, (side) => side.fit.max_context),
    row("max_sequences", "max_sequences", w().users, MORE, (side) => side.fit.max_sequences),
    row("tokens_each", "speed.tokens_per_second_per_sequence.best", w().each, RATE, (side) => side.fit.speed?.tokens_per_second_per_sequence?.best),
    row("tokens_all", "speed.tokens_per_second.best", w().together, RATE, (side) => side.fit.speed?.tokens_per_second?.best),
    row("first_token", "speed.time_to_first_token_s.best", w().first, TIME, (side) => side.fit.speed?.time_to_first_token_s?.best),
    row("price", "price.usd_per_hour", w().price, { text: (value) => digits(value), good: "less" }, (side) => side.fit.price?.usd_per_hour),
    row("total_parameters", "total_parameters", w().total, COUNT, (side) => side.params?.total_parameters),
    row("active_parameters", "active_parameters", w().active, COUNT, (side) => side.params?.active_parameters),
  ].filter((one): one is Row => one !== null);
}

/* What was asked differently. */
export function askedRows(a: Readonly<Record<string, string | readonly string[]>>, b: Readonly<Record<string, string | readonly string[]>>): { name: string; a: string; b: string }[] {
  const text = (value: string | readonly string[] | undefined) => (value === undefined ? none() : typeof value === "string" ? value : value.join(", "));
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .map((name) => ({ name, a: text(a[name]), b: text(b[name]) }))
    .filter((row) => row.a !== row.b && takes("fit", row.name));
}

/* Fields of the configurations that differ. */
export function fieldRows(a: Fit, b: Fit): { name: string; a: string; b: string }[] {
  const of = (fit: Fit) => new Map((fit.fields ?? []).map((field) => [field.key, String(field.value)]));
  const [x, y] = [of(a), of(b)];
  return [...new Set([...x.keys(), ...y.keys()])]
    .map((name) => ({ name, a: x.get(name) ?? none(), b: y.get(name) ?? none() }))
    .filter((row) => row.a !== row.b);
}
