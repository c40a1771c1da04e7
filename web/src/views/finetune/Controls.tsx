/* The controls of training. The card and its count are the question's own; the rest waits here for this view. */
import type { ComponentChildren } from "preact";
import type { Problem } from "../../api/client";
import { Choice, Switch } from "../../parts/Choice";
import { componentClass } from "../../parts/components";
import { Slider } from "../../parts/Slider";
import type { Range } from "../../parts/scale";
import { rangeOf, within } from "../../state/controls";
import { reveal } from "../../question/reveal";
import { change, option } from "../../state/question";
import { words } from "../../text";
import { componentWord } from "../../text/terms";
import { found, Picker, type Item } from "./Picker";
import type { Adapter, Optimizer, Train } from "./types";
import { PRECISIONS, precisionWords, SCALES, SHARDINGS, shardingWords } from "./words";

const w = words({
  en: {
    run: "Run", batch: "Batch", sequence: "Sequence", tokens: "tokens", per: "per card", checkpointing: "Gradient checkpointing", attention: "Attention",
    sdpa: "fused (SDPA, FlashAttention)", eager: "eager: scores kept", optimizer: "Optimizer", state: "bytes of states a parameter; where it differs, in bfloat16", none: "Nothing of that name.",
    precision: "Precision", modes: "as each mode does", adapters: "Adapter", adapter: "Kind", rank: "Rank", targets: "Target modules",
    peft: "as PEFT chooses for the model", all: "all linear layers", grpo: "GRPO", generations: "Completions of a prompt", reference: "Frozen reference model",
    machine: "Across cards", sharding: "Sharding", no_card: "no card chosen", change: "change", kept: (n: string) => `${n} % kept free`,
    scales: "scales", no_rank: (a: string) => `${a} has no rank.`, no_targets: (a: string) => `${a} is put before the model, not into modules.`,
    whole: "Each card holds everything and has its own batch; sharding divides it.", alone: "One card divides nothing; sharding only adds its buffers.",
    reference_note: "An adapter is switched off for the reference, so it adds nothing here; rules of thumb charge it.",
    attention_line: "Eager attention keeps the scores of every head for the backward pass.", checkpointing_line: "The backward pass runs each layer again instead of keeping its activations.",
  },
  zh: {
    run: "运行", batch: "批大小", sequence: "序列长度", tokens: "token", per: "每卡", checkpointing: "梯度检查点", attention: "注意力",
    sdpa: "融合（SDPA、FlashAttention）", eager: "eager：保留得分", optimizer: "优化器", state: "每参数的状态字节数；不同时另列 bfloat16", none: "没有此名称。",
    precision: "精度", modes: "按各方式的惯例", adapters: "适配器", adapter: "种类", rank: "秩", targets: "目标模块",
    peft: "按 PEFT 对该模型的默认", all: "所有线性层", grpo: "GRPO", generations: "每个提示的回答数", reference: "冻结的参考模型",
    machine: "多卡", sharding: "分片", no_card: "未选择显卡", change: "更改", kept: (n: string) => `余量 ${n} %`,
    scales: "影响", no_rank: (a: string) => `${a} 没有秩。`, no_targets: (a: string) => `${a} 加在模型之前，不作用于模块。`,
    whole: "每卡保存全部内容并有自己的批；分片可将其分摊。", alone: "单卡没有可分摊的内容；分片只会增加缓冲区。",
    reference_note: "参考模型即关闭适配器的同一权重，在此不增加占用；经验公式会计入它。",
    attention_line: "eager 注意力为反向传播保留每个头的得分。", checkpointing_line: "反向传播时重新计算每一层，而不保留其激活值。",
  },
});

/* What comes first in the list of optimizers. */
const COMMON = ["adamw", "adamw_8bit", "paged_adamw_8bit", "adamw_fused", "adafactor", "lion", "lion_8bit", "sgd", "sgd_momentum", "muon", "galore_adamw"];

interface Props {
  train: Train | null;
  problem: Problem | null;
  optimizers: readonly Optimizer[];
  adapters: readonly Adapter[];
}

function Scaled({ name, children }: { name: string; children: ComponentChildren }) {
  const parts = SCALES[name];
  return (
    <div class="scaled">
      {children}
      {parts && (
        <p class="scales">
          {w().scales}{" "}
          {parts.map((part) => <span key={part}><span class={`swatch ${componentClass(part)}`} aria-hidden="true" />{componentWord(part)} </span>)}
        </p>
      )}
    </div>
  );
}

/* The API names the option at fault by its field, else by the error's code. */
function problemOf(problem: Problem | null, name: string): string | undefined {
  if (!problem) return undefined;
  return problem.field === name || (!problem.field && problem.code.startsWith(`${name}_`)) ? problem.detail : undefined;
}

/* A slider ends at its last tick: what is beyond can be typed. */
function slide(name: string): Range {
  const range = rangeOf(name, "train");
  return within(range, range.ticks[range.ticks.length - 1] ?? range.max);
}

function optimizerItems(optimizers: readonly Optimizer[]): Item[] {
  const size = (o: Optimizer) => {
    const [wide, narrow] = [o.bytes_per_parameter_fp32, o.bytes_per_parameter_bf16].map((n) => (n < 1e-5 ? "0" : String(Number(n < 0.1 ? n.toPrecision(1) : n.toFixed(2)))));
    return wide === narrow ? `${wide} B` : `${wide} · ${narrow} B`;
  };
  const place = (name: string) => (COMMON.includes(name) ? COMMON.indexOf(name) : COMMON.length);
  return optimizers
    .map((o) => ({ value: o.name, aside: size(o), find: o.names }))
    .sort((a, b) => place(a.value) - place(b.value) || a.value.localeCompare(b.value));
}

function Run({ train, problem, optimizers }: Props) {
  const at = (name: string) => problemOf(problem, name);
  const eager = option("attention") === "eager";
  return (
    <fieldset>
      <legend>{w().run}</legend>
      <Scaled name="batch">
        <Slider label={w().batch} name="batch" value={option("batch")} fallback={train?.batch ?? 1} range={slide("batch")} unit={w().per}
          problem={at("batch")} onChange={(value) => change({ batch: value })} />
      </Scaled>
      <Scaled name="sequence">
        <Slider label={w().sequence} name="sequence" value={option("sequence")} fallback={train?.sequence ?? 2048} range={slide("sequence")} inTokens
          unit={w().tokens} problem={at("sequence")} onChange={(value) => change({ sequence: value })} />
      </Scaled>
      <Scaled name="checkpointing">
        <Switch label={w().checkpointing} about={w().checkpointing_line} name="checkpointing" value={option("checkpointing") === "true"}
          onChange={(on) => change({ checkpointing: on ? "true" : null })} />
      </Scaled>
      <Scaled name="attention">
        <Choice label={w().attention} about={w().attention_line} name="attention" value={eager ? "eager" : ""} problem={at("attention")}
          entries={[{ value: "", text: w().sdpa }, { value: "eager", text: w().eager }]} onChange={(value) => change({ attention: value })} />
      </Scaled>
      <Scaled name="optimizer">
        <Picker label={w().optimizer} name="optimizer" value={option("optimizer")} placeholder={train?.optimizer ?? "adamw"} none={w().none} head={w().state}
          items={optimizerItems(optimizers)} problem={at("optimizer")} onChange={(value) => change({ optimizer: value })} />
      </Scaled>
      <Scaled name="precision">
        <Choice label={w().precision} name="precision" value={option("precision")} problem={at("precision")}
          entries={[{ value: "", text: w().modes }, ...PRECISIONS.map((value) => ({ value, text: precisionWords()[value] ?? value }))]}
          onChange={(value) => change({ precision: value })} />
      </Scaled>
    </fieldset>
  );
}

function AdapterControls({ train, problem, adapters }: Props) {
  const at = (name: string) => problemOf(problem, name);
  const chosen = option("adapter");
  const known = adapters.find((adapter) => adapter.name === chosen);
  const has = (...names: string[]) => !known || known.options.some((one) => names.includes(one.name));
  const used = train?.modes.find((mode) => mode.adapter)?.adapter?.name;
  const start = adapters.find((adapter) => adapter.name === (chosen || used || "lora"))?.options.find((one) => one.name === "r")?.default;
  const choose = (name: string) => {
    const next = adapters.find((adapter) => adapter.name === name);
    const keeps = (one: string) => !next || next.options.some((entry) => entry.name === one);
    change({ adapter: name, ...(keeps("r") ? {} : { rank: null }), ...(keeps("target_modules") ? {} : { "target-modules": null }) });
  };
  return (
    <fieldset>
      <legend>{w().adapters}</legend>
      <Scaled name="adapter">
        <Choice label={w().adapter} name="adapter" value={chosen} problem={at("adapter")}
          entries={[{ value: "", text: w().modes }, ...adapters.map((adapter) => ({ value: adapter.name, text: adapter.name }))]} onChange={choose} />
      </Scaled>
      <Scaled name="rank">
        <Slider label={w().rank} name="rank" value={option("rank")} fallback={Number(start) || 8} range={slide("rank")} problem={at("rank")}
          ignored={has("r") ? undefined : w().no_rank(chosen)} onChange={(value) => change({ rank: value })} />
      </Scaled>
      <Scaled name="target-modules">
        <Picker label={w().targets} name="target-modules" value={option("target-modules")} placeholder={w().peft} none={w().peft} free
          problem={at("target-modules")} ignored={has("target_modules") ? undefined : w().no_targets(chosen)}
          items={targetItems(option("target-modules"))} onChange={(value) => change({ "target-modules": value })} />
      </Scaled>
    </fieldset>
  );
}

function targetItems(typed: string): Item[] {
  const usual: Item[] = [
    { value: "", text: w().peft }, { value: "all-linear", text: w().all, aside: "all-linear" }, { value: "q_proj,v_proj" }, { value: "q_proj,k_proj,v_proj,o_proj" },
    { value: "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj" },
  ];
  return !typed || found(usual, typed).some((item) => item.value === typed) ? usual : [{ value: typed }, ...usual];
}

function Grpo({ problem }: Props) {
  const at = (name: string) => problemOf(problem, name);
  return (
    <fieldset>
      <legend>{w().grpo}</legend>
      <Scaled name="generations">
        <Slider label={w().generations} name="generations" value={option("generations")} fallback={8} range={slide("generations")}
          problem={at("generations")} onChange={(value) => change({ generations: value })} />
      </Scaled>
      <Scaled name="reference">
        <Switch label={w().reference} name="reference" value={option("reference") === "true"} onChange={(on) => change({ reference: on ? "true" : null })} />
        <p class="note">{w().reference_note}</p>
      </Scaled>
    </fieldset>
  );
}

/* The card, how many and the reserve stand in the question: what is asked of serving and of training is one machine. */
function machineLine(gpus: number): string {
  const card = option("gpu") || option("gpu-memory");
  return card ? `${gpus} × ${card}` : w().no_card;
}

function MachineControls({ train, problem }: Props) {
  const at = (name: string) => problemOf(problem, name);
  const sharding = option("sharding") || (option("zero") ? `zero_${option("zero")}` : "none");
  const gpus = train?.gpus ?? 1;
  const note = gpus === 1 && sharding !== "none" ? w().alone : gpus > 1 && sharding === "none" ? w().whole : "";
  return (
    <fieldset>
      <legend>{w().machine}</legend>
      <p class="from-question"><strong>{machineLine(gpus)}</strong>{(option("gpu") || option("gpu-memory")) && ` · ${w().kept(option("reserve") || "20")}`}{" "}
        <button type="button" class="link" onClick={() => reveal("gpu")}>{w().change}</button></p>
      <Scaled name="sharding">
        <Choice label={w().sharding} name="sharding" value={sharding} problem={at("sharding")}
          entries={SHARDINGS.map((value) => ({ value, text: shardingWords()[value] ?? value }))}
          onChange={(value) => change({ sharding: value === "none" ? null : value, zero: null })} />
        {note && <p class="note">{note}</p>}
      </Scaled>
    </fieldset>
  );
}

export function Controls(props: Props) {
  return (
    <div class="train-controls">
      <Run {...props} />
      <MachineControls {...props} />
      <AdapterControls {...props} />
      <Grpo {...props} />
    </div>
  );
}
