/* Group 2: what is asked of the model. */
import { namesFor } from "../api/ranges";
import type { Fit } from "../api/types";
import { tokens } from "../format";
import { Choice } from "../parts/Choice";
import { Slider } from "../parts/Slider";
import { useOfFit, useProblemOf } from "../state/answers";
import { rangeOf, within } from "../state/controls";
import { change, option } from "../state/question";
import { words } from "../text";
import { cacheEntries, formatEntries, weighedOf } from "./formats";
import { useIdle, useSame } from "./idle";
import { keepsCache, keepsState, useParts, type Parts } from "./model";
import { ModelSearch } from "./ModelSearch";
import { More } from "./More";
import { rare } from "./rare";

const w = words({
  en: {
    context: "Context", context_line: "Tokens of one sequence, prompt and output.", users: "Concurrency", quant: "Weights",
    users_line: "Sequences at once.", kv: "KV cache", as_model: "as published", as_weights: "as the weights", tokens: "tokens",
    as: (what: string) => `${what} (default)`,
    limit: (n: string) => `Its configuration is made for ${n} tokens.`, most: (n: string) => `${n} fit at this context.`,
    line: (c: string, n: string) => `${c} tokens × ${n}`, no_cache: "This model keeps no cache.", no_length: "What this model weighs does not depend on it.",
    by_mix: "The mix says how long and how many.",
    prompt: "Prompt", output: "Output", mix: "Mix of lengths", shared: "Shared prefix", images: "Images each", size: "Image size",
    loras: "LoRA adapters", rank: "LoRA rank", draft: "Draft model", mtp: "Prediction layers (MTP) too", state: "State dtype", dtype: "Weights dtype",
    no_images: "This model has no vision tower: images add no tokens.", no_loras: "No adapters are asked for.", no_state: "This model keeps no recurrent state.",
    no_mtp: "This model has no prediction layers.", image_first: "Set images first.", longest: "whole context", pixels: "px", no_draft: "none",
  },
  zh: {
    context: "上下文长度", context_line: "单个序列的 token 数，含提示与输出。", users: "并发", quant: "权重",
    users_line: "同时处理的序列数。", kv: "KV 缓存", as_model: "与发布一致", as_weights: "与权重一致", tokens: "token",
    as: (what: string) => `${what}（默认）`,
    limit: (n: string) => `其配置面向 ${n} 个 token。`, most: (n: string) => `此上下文长度下可容纳 ${n} 个。`,
    line: (c: string, n: string) => `${c} token × ${n}`, no_cache: "此模型没有缓存。", no_length: "此模型的占用与它无关。",
    by_mix: "长度与数量由混合负载给出。",
    prompt: "提示长度", output: "输出长度", mix: "混合长度", shared: "共享前缀", images: "每序列图像数", size: "图像尺寸",
    loras: "LoRA 适配器", rank: "LoRA 秩", draft: "草稿模型", mtp: "同时加载预测层（MTP）", state: "状态 dtype", dtype: "权重 dtype",
    no_images: "此模型没有视觉塔，图像不会增加 token。", no_loras: "未要求加载适配器。", no_state: "此模型没有循环状态。",
    no_mtp: "此模型没有预测层。", image_first: "请先设置图像数。", longest: "整个上下文", pixels: "像素", no_draft: "无",
  },
});

export function workloadLine(fit?: Pick<Fit, "context" | "weights_format"> | null): string {
  const format = option("quant") || fit?.weights_format;
  const line = option("mix") || w().line(tokens(fit?.context ?? (Number(option("context")) || 4096)), option("sequences") || "1");
  return format ? `${line} · ${format}` : line;
}

const lengthOf = (fit: Fit | null) => fit && { context: fit.context, model_context: fit.model_context, bare: !keepsCache(fit) };
const mostOf = (fit: Fit | null) => fit?.max_sequences;
const heldOf = (fit: Fit | null) => fit && {
  format: fit.weights_format, kv: fit.kv_dtype, dtype: fit.dtype, cache: keepsCache(fit), state: keepsState(fit), weighed: weighedOf(fit),
};
type Held = ReturnType<typeof heldOf>;

function Context() {
  const fit = useOfFit(lengthOf);
  const limit = fit?.model_context ? { at: fit.model_context, text: w().limit(tokens(fit.model_context)) } : undefined;
  const range = rangeOf("context");
  const far = Math.max(2 ** 20, 2 * (fit?.model_context ?? 0));
  const mixed = option("mix") ? w().by_mix : undefined;
  const bare = fit !== null && fit.bare;
  const cacheless = useSame(bare, { context: String(2 * (fit?.context ?? 4096)) }) ? w().no_length : undefined;
  return (
    <Slider label={w().context} about={w().context_line} name="context" value={option("context")} fallback={fit?.context ?? 4096} inTokens
      range={within(range, far)} unit={w().tokens} limit={limit} problem={useProblemOf("context")}
      ignored={mixed ?? cacheless} onChange={(value) => change({ context: value, prompt: null })} />
  );
}

function Users() {
  const most = useOfFit(mostOf);
  const limit = most && most < 2 ** 20 ? { at: most, text: w().most(tokens(most)) } : undefined;
  return (
    <Slider label={w().users} about={w().users_line} name="sequences" value={option("sequences")} fallback={1} limit={limit}
      ignored={option("mix") ? w().by_mix : undefined} range={within(rangeOf("sequences"), 1024)} problem={useProblemOf("sequences")}
      onChange={(value) => change({ sequences: value })} />
  );
}

function Formats({ held }: { held: Held }) {
  const stored = !option("quant") ? held?.format : undefined;
  const idle = { quant: useIdle("quant"), kv: useIdle("kv-dtype") };
  const kept = !option("kv-dtype") ? held?.kv : undefined;
  return (
    <div class="pair">
      <Choice label={w().quant} name="quant" value={option("quant")} problem={useProblemOf("quant")} note={idle.quant}
        entries={[{ value: "", text: stored ? w().as(stored) : w().as_model }, ...formatEntries(namesFor("fit", "quant"), held?.weighed ?? [])]}
        onChange={(value) => change({ quant: value })} />
      <Choice label={w().kv} name="kv-dtype" value={option("kv-dtype")} problem={useProblemOf("kv-dtype")} note={idle.kv}
        ignored={held && !held.cache && !option("kv-dtype") ? w().no_cache : undefined}
        entries={[{ value: "", text: kept ? w().as(kept) : w().as_weights }, ...cacheEntries(namesFor("fit", "kv-dtype"), held?.weighed ?? [])]}
        onChange={(value) => change({ "kv-dtype": value })} />
    </div>
  );
}

function rareOf(held: Held, has: Parts | null) {
  const unless = (there: boolean | undefined, why: string) => (has && !there ? why : undefined);
  return [
    rare({ name: "prompt", label: w().prompt, unit: w().tokens, besides: { context: null } }),
    rare({ name: "output", label: w().output, unit: w().tokens }),
    rare({ name: "shared-prefix", label: w().shared, unit: w().tokens }),
    rare({ name: "mix", label: w().mix, text: true }),
    rare({ name: "images", label: w().images, ignored: unless(has?.images, w().no_images) }),
    rare({ name: "image-size", label: w().size, text: true, unit: w().pixels,
      ignored: unless(has?.images, w().no_images) ?? (option("images") ? undefined : w().image_first) }),
    rare({ name: "loras", label: w().loras }),
    rare({ name: "lora-rank", label: w().rank, ignored: option("loras") ? undefined : w().no_loras }),
    rare({ name: "dtype", label: w().dtype, text: true, fallback: held?.dtype }),
    rare({ name: "state-dtype", label: w().state, text: true, ignored: held && !held.state ? w().no_state : undefined }),
    { key: "draft", given: option("draft") !== "", whole: true, control: <Draft /> },
    rare({ name: "mtp", label: w().mtp, whole: true, ignored: unless(has?.prediction, w().no_mtp) }),
  ];
}

/* The draft model is found as the model is. */
function Draft() {
  const idle = useIdle("draft");
  return (
    <ModelSearch name="draft" called={w().draft} label={option("draft")} hint={w().no_draft} note={idle && <p class="note">{idle}</p>}
      onTake={(key) => change({ draft: key })} />
  );
}

export function Workload() {
  const held = useOfFit(heldOf);
  return (
    <>
      <Context />
      <Users />
      <Formats held={held} />
      <More of="workload" controls={rareOf(held, useParts())} />
    </>
  );
}
