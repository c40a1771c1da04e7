/* Words of the questions that rules of thumb answer, and of what they read of the page's question. */
import { bytes, count, signedPercent, type Num } from "../../format";
import { words } from "../../text";

export const QUESTIONS = ["parameters", "weights", "cache", "memory", "train", "flops"] as const;
export type Asked = (typeof QUESTIONS)[number];

export const questionWords = words<Record<string, string>>({
  en: {
    parameters: "Parameters", weights: "Weights", cache: "KV cache", memory: "Memory to serve", train: "Memory to train", flops: "FLOPs of a pass",
    activations: "Activations",
  },
  zh: { parameters: "参数量", weights: "权重", cache: "KV 缓存", memory: "推理显存", train: "训练显存", flops: "一次前向的 FLOPs", activations: "激活值" },
});

export function amount(value: Num, unit: string): string {
  if (unit === "bytes") return bytes(value);
  if (unit === "FLOPs") return `${count(value)}${Math.abs(Number(value)) >= 999.5 ? "" : "\u00a0"}FLOPs`;
  return count(value);
}

/* How far a figure is from exact; what rounds to nothing and is not says so. */
export function off(rule: { deviation: number; difference: number }): string {
  if (!rule.difference) return "0\u00a0%";
  return Math.abs(rule.deviation) < 5e-4 ? "≈\u00a00\u00a0%" : signedPercent(rule.deviation);
}

/* With the sign in front, as a step has it. */
export function signed(value: number, unit: string): string {
  return `${value < 0 ? "−" : "+"}${amount(Math.abs(value), unit)}`;
}

/* A control of the page and how a method's input says that it is taken from it. */
export interface Listened {
  option: string;
  from: RegExp;
}

const SERVING: readonly Listened[] = [
  { option: "context", from: /\b(context|new_tokens|past_tokens)\b/ },
  { option: "sequences", from: /\b(sequences|batch)\b/ },
];
const QUANT: Listened = { option: "quant", from: /\b(weight_bytes|weights_as|precision)\b/ };
const KV: Listened = { option: "kv-dtype", from: /\bkv_bytes\b/ };
const NEVER = /(?!)/;

export const LISTENED: Readonly<Record<string, readonly Listened[]>> = {
  parameters: [],
  weights: [QUANT],
  cache: [...SERVING, KV],
  memory: [...SERVING, QUANT, KV, { option: "gpus", from: NEVER }, { option: "engine", from: NEVER }],
  flops: SERVING,
  train: [
    { option: "batch", from: /\bsequences\b/ },
    { option: "sequence", from: /\bcontext\b/ },
    { option: "optimizer", from: /\boptimizer\b/ },
    { option: "precision", from: /\b(weight_bytes|precision)\b/ },
    { option: "checkpointing", from: /\bcheckpointing\b/ },
    { option: "attention", from: /\bfused_attention\b/ },
    { option: "rank", from: /\brank\b/ },
    { option: "generations", from: /\bgenerations\b/ },
    { option: "reference", from: /\breference\b/ },
    { option: "adapter", from: NEVER },
    { option: "gpus", from: NEVER },
    { option: "sharding", from: NEVER },
  ],
};

export const optionWords = words<Record<string, string>>({
  en: {
    context: "context", sequences: "concurrency", quant: "format of the weights", "kv-dtype": "format of the cache", gpus: "cards", engine: "engine",
    batch: "batch", sequence: "sequence", optimizer: "optimizer", precision: "precision", checkpointing: "checkpointing", attention: "attention kernel",
    rank: "rank", generations: "completions", reference: "reference model", adapter: "adapter", sharding: "sharding",
  },
  zh: {
    context: "上下文长度", sequences: "并发", quant: "权重格式", "kv-dtype": "缓存格式", gpus: "卡数", engine: "推理引擎", batch: "批大小", sequence: "序列长度",
    optimizer: "优化器", precision: "精度", checkpointing: "梯度检查点", attention: "注意力内核", rank: "秩", generations: "回答数", reference: "参考模型",
    adapter: "适配器", sharding: "分片",
  },
});

/* What kind of mistake a published figure has. */
export const kindWords = words<Record<string, string>>({
  en: {
    slip: "slip in reckoning", defect: "defect of a formula", formula: "does not follow from the formula", rounded: "rounded too far", unit: "wrong unit",
    label: "wrong label", arithmetic: "arithmetic", model: "the model has another", card: "the card is too small",
  },
  zh: {
    slip: "计算失误", defect: "公式缺陷", formula: "与自身公式不符", rounded: "取整过度", unit: "单位错误", label: "标注错误", arithmetic: "算术错误",
    model: "与模型实际不符", card: "显卡过小",
  },
});
