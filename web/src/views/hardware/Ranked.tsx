/* The list of cards that take the question, the best match first. A click chooses the card for the question. */
import { useState } from "preact/hooks";
import type { Fit } from "../../api/types";
import { bytes, digits, whole } from "../../format";
import { LoadBar, type Load } from "../../parts/LoadBar";
import { useShownFit } from "../../state/answers";
import { change, extras } from "../../state/question";
import { words } from "../../text";
import { CHOICES, offersOf, passes, sorted, SORTS, type Choice, type Filter, type GpuRow, type Offer, type Sort } from "./cards";
import { PartsLegend } from "../../parts/PartsLegend";
import { reachable } from "../../parts/reachable";

const w = words({
  en: {
    title: "Which cards take it?", found: (n: string, all: string) => `${n} of ${all} known cards, each with its fewest`, search: "Search", vendor: "Maker", every: "all", kind: "Kind", usual: "to buy or rent", sort: "Order",
    kinds: { datacenter: "data centre", workstation: "workstation", consumer: "desktop", laptop: "laptop", apple: "Apple", unified: "unified memory", embedded: "embedded", cloud: "cloud only", cpu: "CPUs", announced: "announced" } as Record<Choice, string>, single: "one card is enough", priced: "price known",
    sorts: { rank: "best match", price: "price", memory: "memory", bandwidth: "bandwidth", year: "newest", gpus: "fewest cards" } as Record<Sort, string>,
    head: { card: "card", count: "cards", load: "load of one, with the reserve", memory: "memory", bandwidth: "GB/s", year: "year", price: "USD/h" },
    chosen: "chosen", more: (n: number) => `Show ${n} more`, none: "No card passes these filters.", nothing: "No card that is known takes this question, in any number that can be laid out.", parallel: (tp: number, pp: number) => `tensor ${tp}, pipeline ${pp}`,
    load: (used: string, all: string) => `${used} of ${all}`, clear: "Clear the filters",
  },
  zh: {
    title: "哪些卡放得下？", found: (n: string, all: string) => `已知 ${all} 种卡中的 ${n} 种，各按最少张数`, search: "搜索", vendor: "厂商", every: "全部", kind: "类别", usual: "可购买或租用", sort: "排序",
    kinds: { datacenter: "数据中心", workstation: "工作站", consumer: "台式机", laptop: "笔记本", apple: "Apple", unified: "统一内存", embedded: "嵌入式", cloud: "仅云端", cpu: "CPU", announced: "已发布未上市" } as Record<Choice, string>, single: "单卡即可", priced: "有价格",
    sorts: { rank: "最匹配", price: "价格", memory: "显存", bandwidth: "带宽", year: "最新", gpus: "张数最少" } as Record<Sort, string>,
    head: { card: "卡", count: "张数", load: "单卡负载与余量", memory: "显存", bandwidth: "GB/s", year: "年份", price: "美元/小时" },
    chosen: "已选", more: (n: number) => `再显示 ${n} 种`, none: "没有卡符合这些筛选条件。", nothing: "已知的卡无论多少张都放不下当前问题。", parallel: (tp: number, pp: number) => `张量并行 ${tp}，流水线并行 ${pp}`,
    load: (used: string, all: string) => `${used} / ${all}`, clear: "清除筛选",
  },
});

const FIRST = 30;

function extra(name: string): string {
  return extras.value[`hardware-${name}`] ?? "";
}

function setExtra(name: string, value: string): void {
  const { [`hardware-${name}`]: _old, ...others } = extras.value;
  extras.value = value ? { ...others, [`hardware-${name}`]: value } : others;
}

function filterOf(): Filter {
  return { text: extra("text"), vendor: extra("vendor"), kind: extra("kind"), single: extra("single") === "true", priced: extra("priced") === "true" };
}

function Select({ name, label, entries }: { name: string; label: string; entries: readonly (readonly [string, string])[] }) {
  return (
    <label class="inline">{label} <select data-extra={`hardware-${name}`} value={extra(name)} onChange={(event) => setExtra(name, event.currentTarget.value)}>
      {entries.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
    </select></label>
  );
}

function Check({ name, label }: { name: string; label: string }) {
  return <label class="inline"><input type="checkbox" data-extra={`hardware-${name}`} checked={extra(name) === "true"} onChange={(event) => setExtra(name, event.currentTarget.checked ? "true" : "")} /> {label}</label>;
}

function Tools({ gpus }: { gpus: readonly GpuRow[] }) {
  const vendors = [...new Set(gpus.map((gpu) => gpu.vendor))].filter((vendor) => vendor !== "CPU");
  return (
    <div class="hardware-tools">
      <label class="inline">{w().search} <input type="text" data-extra="hardware-text" value={extra("text")} spellcheck={false} onInput={(event) => setExtra("text", event.currentTarget.value.trim())} /></label>
      <Select name="vendor" label={w().vendor} entries={[["", w().every], ...vendors.map((vendor) => [vendor, vendor] as const)]} />
      <Select name="kind" label={w().kind} entries={[["", w().usual], ...CHOICES.map((kind) => [kind, w().kinds[kind]] as const), ["all", w().every]]} />
      <Select name="sort" label={w().sort} entries={SORTS.map((sort) => [sort === "rank" ? "" : sort, w().sorts[sort]] as const)} />
      <Check name="single" label={w().single} />
      <Check name="priced" label={w().priced} />
    </div>
  );
}

function loadOf({ card, gpu }: Offer): Load {
  return { components: card.components, bytes: card.device_bytes, low: card.low_bytes, high: card.high_bytes, budget: card.budget_bytes, capacity: Math.max(gpu.usable_bytes, card.budget_bytes) };
}

function Row({ offer, chosen }: { offer: Offer; chosen: boolean }) {
  const { card, gpu } = offer;
  const load = loadOf(offer);
  const head = w().head;
  return (
    <tr data-card={gpu.name} aria-current={chosen ? "true" : undefined}>
      <th scope="row">
        <button type="button" class="link" onClick={() => change({ gpu: gpu.name, gpus: card.gpus > 1 ? String(card.gpus) : null, tp: null, pp: card.pp > 1 ? String(card.pp) : null, "gpu-memory": null, mig: null })}>{gpu.name}</button>
        <span class="muted maker"> {gpu.vendor}{chosen && ` · ${w().chosen}`}</span>
      </th>
      <td class="number" data-unit="×" title={w().parallel(card.tp, card.pp)}>{card.gpus}</td>
      <td class="load-cell">
        <LoadBar small load={load} scale={(load.capacity ?? 1) * 1.02} label={gpu.name} />
        <span class="mono">{w().load(bytes(card.device_bytes), bytes(load.capacity ?? 0))}</span>
      </td>
      <td class="number">{bytes(gpu.vendor_bytes)}</td>
      <td class="number" data-unit={gpu.bandwidth_gb_s ? "GB/s" : undefined}>{gpu.bandwidth_gb_s ? whole(gpu.bandwidth_gb_s) : ""}</td>
      <td class="number">{gpu.year ?? ""}</td>
      <td class="number" data-unit={card.usd_per_hour === undefined ? undefined : head.price}>{card.usd_per_hour === undefined ? "" : digits(card.usd_per_hour)}</td>
    </tr>
  );
}

export function Ranked({ answer, gpus }: { answer: Fit; gpus: readonly GpuRow[] }) {
  const [most, setMost] = useState(FIRST);
  const fit = useShownFit();
  const filter = filterOf();
  const sort = (SORTS as readonly string[]).includes(extra("sort")) ? (extra("sort") as Sort) : "rank";
  const all = offersOf(answer.cards ?? [], gpus);
  const offers = sorted(all.filter((offer) => passes(offer, filter)), sort);
  const head = w().head;
  return (
    <section data-section="cards">
      <h2>{w().title} <span class="muted" role="status">{w().found(whole(offers.length), whole(gpus.length))}</span></h2>
      {all.length === 0 ? <p>{w().nothing}</p> : <Tools gpus={gpus} />}
      {all.length > 0 && offers.length === 0 && <p>{w().none} <button type="button" class="link" onClick={() => ["text", "vendor", "kind", "single", "priced"].forEach((name) => setExtra(name, ""))}>{w().clear}</button></p>}
      {offers.length > 0 && <PartsLegend loads={offers.slice(0, most).map((offer) => offer.card)} />}
      {offers.length > 0 && (
        <div class="wide" ref={reachable}>
          <table class="rows cards">
            <thead><tr><th scope="col">{head.card}</th><th scope="col" class="number">{head.count}</th><th scope="col">{head.load}</th><th scope="col" class="number">{head.memory}</th>
              <th scope="col" class="number">{head.bandwidth}</th><th scope="col" class="number">{head.year}</th><th scope="col" class="number">{head.price}</th></tr></thead>
            <tbody>{offers.slice(0, most).map((offer) => <Row key={offer.gpu.name} offer={offer} chosen={fit.data?.gpu?.name === offer.gpu.name} />)}</tbody>
          </table>
        </div>
      )}
      {offers.length > most && <button type="button" class="link more" onClick={() => setMost(most + 100)}>{w().more(Math.min(100, offers.length - most))}</button>}
    </section>
  );
}
