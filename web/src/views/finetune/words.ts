/* Words of the modes of training, and what each control weighs on. */
import { language, words } from "../../text";

interface Told {
  word: string;
  line: string;
}

export const modes = words<Record<string, Told>>({
  en: {
    full: { word: "Full", line: "every parameter trains" },
    lora: { word: "LoRA", line: "low-rank adapters" },
    qlora8: { word: "QLoRA 8-bit", line: "over 8-bit weights" },
    qlora4: { word: "QLoRA 4-bit", line: "over 4-bit weights" },
    prefix: { word: "Prefix", line: "trained prefix tokens" },
    grpo: { word: "GRPO", line: "several completions a prompt" },
    dpo: { word: "DPO", line: "pairs, with a reference" },
    pretrain: { word: "Pre-training", line: "from the start" },
  },
  zh: {
    full: { word: "全参数", line: "训练所有参数" },
    lora: { word: "LoRA", line: "低秩适配器，权重冻结" },
    qlora8: { word: "QLoRA 8 位", line: "适配器，权重量化为 8 位" },
    qlora4: { word: "QLoRA 4 位", line: "适配器，权重量化为 4 位" },
    prefix: { word: "前缀微调", line: "训练前缀 token，权重冻结" },
    grpo: { word: "GRPO", line: "适配器，每个提示多个回答" },
    dpo: { word: "DPO", line: "成对样本，另有冻结的参考模型" },
    pretrain: { word: "预训练", line: "从头训练所有参数" },
  },
});

export function modeWord(name: string): string {
  return modes()[name]?.word ?? name;
}

export function listed(names: readonly string[]): string {
  return names.join(language.value === "zh" ? "、" : ", ");
}

/* The components that a control scales. */
export const SCALES: Readonly<Record<string, readonly string[]>> = {
  batch: ["activations", "logits"],
  sequence: ["activations", "logits"],
  checkpointing: ["activations"],
  attention: ["activations"],
  optimizer: ["optimizer"],
  precision: ["weights", "gradients", "master", "optimizer"],
  adapter: ["adapters", "gradients", "optimizer"],
  rank: ["adapters", "gradients", "optimizer"],
  "target-modules": ["adapters", "gradients", "optimizer"],
  generations: ["activations", "logits"],
  sharding: ["weights", "gradients", "master", "optimizer"],
};

export const PRECISIONS = ["fp32", "amp", "bf16", "bf16_fp32_states", "megatron", "deepspeed", "fsdp_mixed", "torchtitan_bf16_states", "deepseek_v3"] as const;
export const SHARDINGS = ["none", "zero_1", "zero_2", "zero_3", "fsdp", "fsdp_hybrid", "megatron"] as const;

export const precisionWords = words<Record<string, string>>({
  en: {
    fp32: "fp32: everything in 32 bits", amp: "amp: 32-bit weights, 16-bit passes", bf16: "bf16: everything in 16 bits",
    bf16_fp32_states: "bf16, states in 32 bits", megatron: "Megatron: 16-bit weights, 32-bit gradients and master",
    deepspeed: "DeepSpeed: 16-bit weights, 32-bit master", fsdp_mixed: "FSDP mixed: sharded in 32 bits, gathered in 16",
    torchtitan_bf16_states: "torchtitan, states in 16 bits", deepseek_v3: "DeepSeek-V3: fp8 passes, 16-bit moments",
  },
  zh: {
    fp32: "fp32：全部 32 位", amp: "amp：32 位权重，16 位计算", bf16: "bf16：全部 16 位",
    bf16_fp32_states: "bf16，状态 32 位", megatron: "Megatron：16 位权重，32 位梯度与主权重",
    deepspeed: "DeepSpeed：16 位权重，32 位主权重", fsdp_mixed: "FSDP 混合：32 位分片，16 位聚合",
    torchtitan_bf16_states: "torchtitan，状态 16 位", deepseek_v3: "DeepSeek-V3：fp8 计算，16 位动量",
  },
});

export const shardingWords = words<Record<string, string>>({
  en: {
    none: "none: every rank holds all", zero_1: "ZeRO 1: optimizer states", zero_2: "ZeRO 2: and gradients",
    zero_3: "ZeRO 3: and weights", fsdp: "FSDP: all of it, by tensor", fsdp_hybrid: "FSDP hybrid: within a node",
    megatron: "Megatron distributed optimizer",
  },
  zh: {
    none: "无：每个进程保存全部", zero_1: "ZeRO 1：优化器状态", zero_2: "ZeRO 2：及梯度", zero_3: "ZeRO 3：及权重",
    fsdp: "FSDP：全部，按张量", fsdp_hybrid: "FSDP 混合：节点内分片", megatron: "Megatron 分布式优化器",
  },
});
