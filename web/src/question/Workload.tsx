/* Group 2: what is asked of the model. */
import { Choice } from "../parts/Choice";
import { Slider } from "../parts/Slider";
import { rangeOf } from "../state/controls";
import { useFit, useProblemOf } from "../state/answers";
import { change, option } from "../state/question";
import { tokens } from "../format";
import { words } from "../text";
import { More } from "./More";

const w = words({
  en: {
    context: "Context", context_line: "Tokens of one sequence, prompt and output.", users: "Concurrency", quant: "Weights",
    users_line: "Sequences at once.", kv: "KV cache", as_model: "as the model", as_weights: "as the weights", tokens: "tokens",
    limit: (n: string) => `The configuration allows ${n} positions.`, line: (c: string, n: string) => `${c} tokens × ${n}`,
  },
  zh: {
    context: "上下文长度", context_line: "单个序列的 token 数，含提示与输出。", users: "并发", quant: "权重",
    users_line: "同时处理的序列数。", kv: "KV 缓存", as_model: "与模型一致", as_weights: "与权重一致", tokens: "token",
    limit: (n: string) => `配置最多允许 ${n} 个位置。`, line: (c: string, n: string) => `${c} token × ${n}`,
  },
});

const FORMATS = ["bfloat16", "float16", "fp8", "int8", "int4", "awq", "gptq", "nf4", "nvfp4", "mxfp4", "q8_0", "q6_k", "q5_k_m", "q4_k_m"];

export function workloadLine(): string {
  return w().line(tokens(Number(option("context")) || 4096), option("sequences") || "1");
}

export function Workload() {
  const fit = useFit();
  const positions = fit.data?.fields?.find((field) => field.name === "max_position_embeddings")?.value;
  const limit = typeof positions === "number" ? { at: positions, text: w().limit(tokens(positions)) } : undefined;
  return (
    <>
      <Slider label={w().context} about={w().context_line} name="context" value={option("context")} fallback={4096} inTokens
        range={rangeOf("context")} unit={w().tokens} limit={limit} problem={useProblemOf("context")}
        onChange={(value) => change({ context: value })} />
      <Slider label={w().users} about={w().users_line} name="sequences" value={option("sequences")} fallback={1}
        range={rangeOf("sequences")} problem={useProblemOf("sequences")} onChange={(value) => change({ sequences: value })} />
      <div class="pair">
        <Choice label={w().quant} name="quant" value={option("quant")} problem={useProblemOf("quant")}
          entries={[{ value: "", text: w().as_model }, ...FORMATS.map((value) => ({ value, text: value }))]}
          onChange={(value) => change({ quant: value })} />
        <Choice label={w().kv} name="kv-dtype" value={option("kv-dtype")} problem={useProblemOf("kv-dtype")}
          entries={[{ value: "", text: w().as_weights }, ...["bfloat16", "fp8", "int8", "q8_0", "q4_0"].map((value) => ({ value, text: value }))]}
          onChange={(value) => change({ "kv-dtype": value })} />
      </div>
      <More controls={[]} />
    </>
  );
}
