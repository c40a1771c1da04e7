/* The other way about: which published models this machine takes under this load, and which dimensions one could train. */
import { useState } from "preact/hooks";
import { useAnswer, useLate } from "../../api/answer";
import { upload } from "../../api/client";
import { ranges } from "../../api/ranges";
import type { Interval, Part } from "../../api/types";
import { bytes, count, digits, whole } from "../../format";
import { LoadBar } from "../../parts/LoadBar";
import { Problem } from "../../parts/Problem";
import { shownOptions } from "../../state/answers";
import { bodyFor, change, extras, option } from "../../state/question";
import { words } from "../../text";
import { limitText } from "../../parts/limit";
import { PartsLegend } from "../../parts/PartsLegend";
import { reachable } from "../../parts/reachable";

interface Entry {
  total_parameters: number;
  active_parameters?: number;
  device_bytes: number;
  low_bytes: number;
  high_bytes: number;
  budget_bytes: number;
  components?: Part[];
  max_context: number | null;
  max_sequences: number | null;
  tokens_per_second_per_sequence?: Interval | null;
  usd_per_million_tokens?: number;
}

interface Answer {
  machine: { gpu: string; gpus: number; usable_bytes: number; reserve: number };
  published: (Entry & { name: string; alike: string[] })[];
  proposals?: (Entry & { role: string; config: Record<string, unknown>; training_tokens?: number })[];
  verdicts: Record<string, number>;
}

const w = words({
  en: {
    title: "What else could this machine take?", show: "Rank models for it", hide: "Hide", need: "Choose a card in the question; then this says which models it takes.", published: "Published models", proposals: "Dimensions that one could train for it",
    model: "model", parameters: "parameters", load: "load of one card", context: "longest context", speed: "tokens/s each", price: "USD per million tokens", sort: "Order", sorts: { "": "most parameters", context: "longest context", speed: "fastest" } as Record<string, string>,
    alike: (n: number) => `and ${n} alike`, roles: { wider: "wider", balanced: "balanced", deeper: "deeper", longer: "longer" } as Record<string, string>, shape: "layers × hidden", weigh: "weigh it", none: "No published model of the catalogue fits.", active: (n: string) => `${n} active`,
    asking: "Trying the catalogue…", counts: (fit: string, large: string, short: string) => `${fit} of the catalogue's models tried fit, ${large} are too large, ${short} are made for a shorter context.`,
  },
  zh: {
    title: "这台机器还能放下什么？", show: "为它排列模型", hide: "收起", need: "请先在左侧选择一张卡，这里会列出它放得下的模型。", published: "已发布的模型", proposals: "可为它训练的模型维度",
    model: "模型", parameters: "参数量", load: "单卡负载", context: "最长上下文", speed: "每路 token/s", price: "美元/百万 token", sort: "排序", sorts: { "": "参数最多", context: "上下文最长", speed: "最快" } as Record<string, string>,
    alike: (n: number) => `及 ${n} 个相同的`, roles: { wider: "更宽", balanced: "均衡", deeper: "更深", longer: "更长上下文" } as Record<string, string>, shape: "层数 × 隐藏维度", weigh: "称一称", none: "目录中没有放得下的已发布模型。", active: (n: string) => `激活 ${n}`,
    asking: "正在逐一尝试目录中的模型…", counts: (fit: string, large: string, short: string) => `目录中试过的模型：${fit} 个放得下，${large} 个太大，${short} 个的上下文不够长。`,
  },
});

function Bar({ entry, label }: { entry: Entry; label: string }) {
  const load = {
    components: entry.components ?? [], bytes: entry.device_bytes, low: entry.low_bytes, high: entry.high_bytes, budget: entry.budget_bytes, capacity: entry.budget_bytes,
  };
  return <td class="load-cell"><LoadBar small load={load} scale={entry.budget_bytes * 1.04} label={label} /><span class="mono">{bytes(entry.device_bytes)}</span></td>;
}

function Common({ entry, label }: { entry: Entry; label: string }) {
  const speed = entry.tokens_per_second_per_sequence;
  return (
    <>
      <td class="number">{count(entry.total_parameters)}{entry.active_parameters !== undefined && <span class="muted"> · {w().active(count(entry.active_parameters))}</span>}</td>
      <Bar entry={entry} label={label} />
      <td class="number">{entry.max_context === null ? "" : limitText(entry.max_context)}</td>
      <td class="number">{speed ? digits(speed.best) : ""}</td>
      <td class="number">{entry.usd_per_million_tokens === undefined ? "" : digits(entry.usd_per_million_tokens)}</td>
    </>
  );
}

function Head({ first }: { first: string }) {
  return (
    <thead><tr><th scope="col">{first}</th><th scope="col" class="number">{w().parameters}</th><th scope="col">{w().load}</th><th scope="col" class="number">{w().context}</th>
      <th scope="col" class="number">{w().speed}</th><th scope="col" class="number">{w().price}</th></tr></thead>
  );
}

function Published({ rows }: { rows: Answer["published"] }) {
  if (rows.length === 0) return <p>{w().none}</p>;
  return (
    <div class="wide" ref={reachable}>
      <table class="rows cards">
        <Head first={w().model} />
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row"><button type="button" class="link" onClick={() => change({ model: row.name, set: null })}>{row.name}</button>
                {row.alike.length > 0 && <span class="muted maker" title={row.alike.join("\n")}> {w().alike(row.alike.length)}</span>}</th>
              <Common entry={row} label={row.name} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

async function weigh(config: Record<string, unknown>): Promise<void> {
  const reply = await upload(JSON.stringify(config));
  if (reply.ok) change({ model: reply.data.id, set: null });
}

function Proposals({ rows }: { rows: NonNullable<Answer["proposals"]> }) {
  if (rows.length === 0) return null;
  return (
    <>
      <h3>{w().proposals}</h3>
      <div class="wide" ref={reachable}>
        <table class="rows cards">
          <Head first={w().shape} />
          <tbody>
            {rows.map((row) => (
              <tr key={row.role}>
                <th scope="row">{w().roles[row.role] ?? row.role} <span class="mono">{String(row.config.num_hidden_layers)} × {String(row.config.hidden_size)}</span>{" "}
                  <button type="button" class="link" onClick={() => void weigh(row.config)}>{w().weigh}</button></th>
                <Common entry={row} label={row.role} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Shown() {
  const [sort, setSort] = useState("");
  const answer = useAnswer<Answer>("design", ranges.value ? bodyFor("design", shownOptions.value, { ...(sort && { sort }) }) : null);
  const verdicts = answer.data?.verdicts;
  return (
    <div class={`stack design ${useLate(answer.pending) && answer.data ? "late" : ""}`} aria-busy={answer.pending}>
      {answer.problem && <Problem problem={answer.problem} />}
      {!answer.data && answer.pending && <p class="muted">{w().asking}</p>}
      {answer.data && (
        <div>
          <div class="section-head"><h3>{w().published}</h3>
            <label class="inline">{w().sort} <select value={sort} onChange={(event) => setSort(event.currentTarget.value)}>
              {Object.entries(w().sorts).map(([value, text]) => <option key={value} value={value}>{text}</option>)}
            </select></label></div>
          <PartsLegend loads={answer.data.published} />
          <Published rows={answer.data.published} />
          {verdicts && <p class="note">{w().counts(whole(verdicts.fit ?? 0), whole(verdicts.too_large ?? 0), whole(verdicts.too_short ?? 0))}</p>}
        </div>
      )}
      {answer.data?.proposals && <div><Proposals rows={answer.data.proposals} /></div>}
    </div>
  );
}

export function Design() {
  const open = extras.value["hardware-design"] === "true";
  const toggle = () => {
    const { "hardware-design": _old, ...others } = extras.value;
    extras.value = open ? others : { ...others, "hardware-design": "true" };
  };
  return (
    <section data-section="design">
      <h2>{w().title}</h2>
      {!option("gpu") && !option("gpu-memory") ? <p class="muted">{w().need}</p> : (
        <button type="button" class="button" aria-expanded={open} data-action="design" onClick={toggle}>{open ? w().hide : w().show}</button>
      )}
      {open && (option("gpu") || option("gpu-memory")) && <Shown />}
    </section>
  );
}
