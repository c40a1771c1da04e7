/* Flags of the programs that start engines, explained. Names without dashes in front, "_" as "-"; several names share a line. */
import { words } from "../../text";

const GROUPS: Readonly<Record<string, string>> = {
  "tensor-parallel-size": "tp", "tp-size": "tp", "pipeline-parallel-size": "pp", "pp-size": "pp", "data-parallel-size": "dp", "dp-size": "dp",
  "prefill-context-parallel-size": "cp", "attn-cp-size": "cp", "context-parallel-size": "cp", "decode-context-parallel-size": "dcp", "dcp-size": "dcp",
  "enable-expert-parallel": "ep", "ep-size": "ep", "moe-expert-parallel-size": "ep", "max-model-len": "context", "context-length": "context", "max-seq-len": "context",
  c: "total", np: "parallel", m: "model", "model-path": "model", ngl: "layers", ctk: "kv", ctv: "kv", "kv-cache-dtype": "kv", dtype: "dtype",
  quantization: "quant", "mamba-ssm-cache-dtype": "state", "mamba-ssm-dtype": "state", "gpu-memory-utilization": "share", "mem-fraction-static": "share",
  "free-gpu-memory-fraction": "free", "max-num-seqs": "seqs", "max-batch-size": "seqs", "max-running-requests": "seqs", "max-num-batched-tokens": "pieces",
  "chunked-prefill-size": "pieces", "max-num-tokens": "pieces", ub: "pieces", b: "batch", "block-size": "block", "page-size": "block", "enforce-eager": "eager",
  "disable-cuda-graph": "eager", "enable-prefix-caching": "prefix", "no-enable-prefix-caching": "noprefix", "disable-radix-cache": "noprefix", "kv-cache-memory-bytes": "pool",
  "max-total-tokens": "pool", "enable-lora": "lora", "max-loras": "loras", "max-loras-per-batch": "loras", "max-lora-rank": "rank", "cpu-offload-gb": "offload",
  "swap-space": "swap", "cuda-graph-max-bs": "graphs", "speculative-config": "draft", md: "draft", "speculative-algorithm": "draft",
  "speculative-draft-model-path": "draft", fa: "flash", kvu: "unified", "swa-full": "swa", nkvo: "nkvo", "hf-overrides": "overrides", "json-model-override-args": "overrides",
};

const lines = words<Record<string, string>>({
  en: {
    tp: "cuts every matrix over so many cards", pp: "spreads the layers over so many stages", dp: "replicas of attention and dense layers", cp: "cards that share the tokens of a sequence",
    dcp: "ranks that share the tokens of a sequence while decoding", ep: "whole experts on each card instead of a cut of every expert", context: "longest sequence, prompt and output; the cache is planned for it",
    total: "tokens of all sequences together", parallel: "sequences at once", model: "the weights", layers: "layers on the card; the others stay on the host", kv: "how the cache is stored",
    dtype: "how weights and activations are computed", quant: "how the weights are held", state: "how recurrent states are stored", share: "share of the card that the engine may use",
    free: "share of what is left that becomes cache", seqs: "requests in one step", pieces: "tokens in one step: long prompts come in pieces of it", batch: "tokens that are handed over at once",
    block: "tokens in a block of the cache", eager: "no CUDA graphs", prefix: "shared beginnings are kept once", noprefix: "shared beginnings are not kept", pool: "size of the cache, given", lora: "adapters may be loaded",
    loras: "adapters at once", rank: "largest rank of an adapter", offload: "GiB of weights that stay on the host", swap: "GiB on the host for requests that wait", graphs: "largest batch that is recorded as a graph",
    draft: "the model or layers that draft tokens", flash: "attention without the whole matrix of scores", unified: "one cache for all sequences", swa: "full caches for layers with windows", nkvo: "the cache stays on the host",
    overrides: "fields of the configuration, changed",
  },
  zh: {
    tp: "每个矩阵切分到若干张卡", pp: "各层分布到若干级", dp: "注意力与稠密层的副本数", cp: "共同处理同一序列 token 的卡数", dcp: "解码时分担同一序列 token 的 rank 数",
    ep: "每张卡放完整的专家，而非每个专家的一部分", context: "最长序列（提示与输出），缓存按此规划", total: "所有序列的 token 总数", parallel: "同时处理的序列数", model: "权重", layers: "放在显卡上的层数，其余留在主机",
    kv: "缓存的存储格式", dtype: "权重与激活的计算精度", quant: "权重的存储格式", state: "循环状态的存储格式", share: "引擎可使用的显存比例", free: "剩余显存中用作缓存的比例", seqs: "单步的请求数",
    pieces: "单步的 token 数，长提示按此分块", batch: "一次提交的 token 数", block: "每个缓存块的 token 数", eager: "不使用 CUDA 图", prefix: "相同前缀只保留一份", noprefix: "不保留相同前缀", pool: "指定缓存大小",
    lora: "允许加载适配器", loras: "同时加载的适配器数", rank: "适配器的最大秩", offload: "留在主机的权重（GiB）", swap: "主机上供等待请求使用的 GiB", graphs: "录制为图的最大批次", draft: "提出候选 token 的模型或层",
    flash: "不生成完整的注意力得分矩阵", unified: "所有序列共用一个缓存", swa: "滑动窗口层也使用完整缓存", nkvo: "缓存留在主机", overrides: "对配置字段的修改",
  },
});

export function flagLine(flag: string): string {
  const bare = flag.replace(/^-+/, "").replace(/_/g, "-").replace(/=.*/, "");
  return lines()[GROUPS[bare] ?? ""] ?? "";
}

/* "vllm serve M --tp 2 -x" → ["vllm serve M"], ["--tp", "2"], ["-x"]; quoted parts stay whole. */
export function flagsOf(command: string): { head: string; flags: { flag: string; value: string }[] } {
  const tokens = command.match(/(?:'[^']*'|"[^"]*"|\S)+/g) ?? [];
  const isFlag = (token: string) => /^-{1,2}[A-Za-z]/.test(token);
  const start = tokens.findIndex((token, i) => i > 0 && isFlag(token) && token !== "-m" || (token === "-m" && tokens[i - 1] !== "python"));
  const head = (start < 0 ? tokens : tokens.slice(0, start)).join(" ");
  const flags: { flag: string; value: string }[] = [];
  for (const token of start < 0 ? [] : tokens.slice(start)) {
    const last = flags[flags.length - 1];
    if (isFlag(token) || !last) flags.push({ flag: token, value: "" });
    else last.value = last.value ? `${last.value} ${token}` : token;
  }
  return { head, flags };
}
