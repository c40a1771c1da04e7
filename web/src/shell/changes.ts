/* A change that the API proposes, in words, and applied. */
import type { Change } from "../api/types";
import { whole } from "../format";
import { change, changeMember } from "../state/question";
import { words } from "../text";

const w = words({
  en: {
    quant: (v: string) => `weights in ${v}`, "kv-dtype": (v: string) => `the KV cache in ${v}`, gpus: (v: string) => `${v} cards`,
    sequences: (v: string) => `${whole(Number(v))} at once`, context: (v: string) => `${whole(Number(v))} tokens of context`,
    costs: {
      quant: "coarser weights", "kv-dtype": "coarser keys and values", gpus: "more cards to pay for and to link",
      sequences: "fewer users at once", context: "shorter sequences", gpu_memory_utilization: "less kept free", mem_fraction_static: "less kept free",
      enforce_eager: "no CUDA graphs: slower steps", disable_cuda_graph: "no CUDA graphs: slower steps", max_num_seqs: "fewer requests in a step",
      max_batch_size: "fewer requests in a step", max_num_batched_tokens: "prompts in smaller pieces", chunked_prefill_size: "prompts in smaller pieces",
      max_num_tokens: "prompts in smaller pieces", n_ubatch: "prompts in smaller pieces", n_batch: "prompts in smaller pieces",
      cuda_graph_max_bs: "large batches run without graphs", cache_implementation: "the cache is allocated at once",
    } as Record<string, string>,
  },
  zh: {
    quant: (v: string) => `权重改用 ${v}`, "kv-dtype": (v: string) => `KV 缓存改用 ${v}`, gpus: (v: string) => `${v} 张卡`,
    sequences: (v: string) => `并发 ${whole(Number(v))}`, context: (v: string) => `上下文 ${whole(Number(v))} token`,
    costs: {
      quant: "权重精度降低", "kv-dtype": "键值精度降低", gpus: "需要更多显卡与互联", sequences: "同时服务的用户减少", context: "序列变短",
      gpu_memory_utilization: "留空减少", mem_fraction_static: "留空减少", enforce_eager: "不用 CUDA 图，解码变慢", disable_cuda_graph: "不用 CUDA 图，解码变慢",
      max_num_seqs: "每步请求数减少", max_batch_size: "每步请求数减少", max_num_batched_tokens: "提示分块变小", chunked_prefill_size: "提示分块变小",
      max_num_tokens: "提示分块变小", n_ubatch: "提示分块变小", n_batch: "提示分块变小", cuda_graph_max_bs: "大批次不使用 CUDA 图",
      cache_implementation: "缓存一次分配",
    } as Record<string, string>,
  },
});

/* "--gpus 2" → gpus, 2; an engine's own "enforce_eager=true" → enforce_eager, true. */
function parts(option: string): { name: string; value: string; ofEngine: boolean } {
  const [, name, value] = /^--([\w-]+)(?:\s+(.*))?$/.exec(option) ?? [];
  if (name) return { name, value: value ?? "true", ofEngine: false };
  const at = option.indexOf("=");
  return { name: option.slice(0, at), value: option.slice(at + 1), ofEngine: true };
}

const PHRASED = ["quant", "kv-dtype", "gpus", "sequences", "context"] as const;

export function phrase(option: string): string {
  const { name, value } = parts(option);
  const known = PHRASED.find((one) => one === name);
  return known ? w()[known](value) : option.replace(/^--/, "");
}

export function costOf(option: string): string {
  return w().costs[parts(option).name] ?? "";
}

/* A new number of cards is laid out anew; a new context replaces prompt and output. */
export function applyChange(changed: Pick<Change, "option">): void {
  const { name, value, ofEngine } = parts(changed.option);
  if (ofEngine) return changeMember("engine-option", name, value);
  if (name === "gpus") change({ gpus: value, tp: null });
  else if (name === "context") change({ context: value, prompt: null, output: null });
  else change({ [name]: value });
}
