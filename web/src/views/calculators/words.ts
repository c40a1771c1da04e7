/* Words of units, and of the published calculators that people look for by what they weigh. */
import { bytes, count, digits, whole } from "../../format";
import { words } from "../../text";
import type { Plain } from "../methods/types";

export const FEATURED = ["unified.multimodal", "unified.moe", "unified.cnn", "unified.grpo", "unified.nlp", "unified.inference", "pai.estimate"] as const;

export const featured = words<Record<string, string>>({
  en: {
    "unified.multimodal": "Multimodal", "unified.moe": "MoE", "unified.cnn": "CNN", "unified.grpo": "GRPO", "unified.nlp": "NLP",
    "unified.inference": "Inference", "pai.estimate": "PAI",
  },
  zh: {
    "unified.multimodal": "多模态", "unified.moe": "MoE", "unified.cnn": "CNN", "unified.grpo": "GRPO", "unified.nlp": "NLP", "unified.inference": "推理",
    "pai.estimate": "PAI",
  },
});

const units = words<Record<string, string>>({
  en: { billions: "billion", percent: "%" },
  zh: { billions: "十亿", percent: "%", tokens: "token", pixels: "像素", seconds: "秒", bytes: "字节", elements: "个", bits: "位", times: "倍" },
});

export function unitWord(unit: string | undefined): string | undefined {
  return unit ? (units()[unit] ?? unit) : undefined;
}

/* A value with its unit; counts whole, the rest to five digits. */
export function valueText(value: Plain, unit: string | undefined): string {
  const text = typeof value === "number" ? (Number.isInteger(value) ? whole(value) : digits(value, 5)) : value === null ? "—" : String(value);
  const of = unitWord(unit);
  return of ? `${text}\u00a0${of}` : text;
}

/* The one figure, as short as it can be read; its exact form stands among the steps. */
export function headline(value: Plain, unit: string | undefined): string {
  if (typeof value !== "number") return valueText(value, unit);
  if (unit === "bytes") return bytes(value);
  if (Math.abs(value) < 1e6) return valueText(value, unit);
  const of = unitWord(unit);
  return `${count(value)}${of === "FLOPs" ? "" : "\u00a0"}${of ?? ""}`;
}

const BYTES: Readonly<Record<string, number>> = { bytes: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, GB: 1e9 };

/* In bytes, to draw it; undefined where the unit is none of memory. */
export function inBytes(value: Plain, unit: string | undefined): number | undefined {
  const one = unit ? BYTES[unit] : undefined;
  return one !== undefined && typeof value === "number" ? value * one : undefined;
}
