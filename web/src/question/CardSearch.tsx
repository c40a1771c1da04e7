/* The card: found by name, slips included, with what it has and how full the present question would make it. */
import { useState } from "preact/hooks";
import type { Card, Fit } from "../api/types";
import { bytes, digits } from "../format";
import { useOfFit, useProblemOf } from "../state/answers";
import { change, option } from "../state/question";
import { words } from "../text";
import { cardNamed, useCards, useLoads, usual, type CardRow } from "./cards";
import { Combobox, type Item } from "./Combobox";
import { matching } from "./match";

const w = words({
  en: {
    card: "Card", none: "No card of that name. Any memory can be typed: 24GiB.", hint: "none: only weigh", weigh: "No card: only weigh", memory: "Any card with",
    takes: (used: string, all: string) => `${used} of ${all}`, needs: (n: number) => `${n} cards · `, unequal: "These cards together", rented: "To rent, cheapest that takes it first", others: "Others, newest first",
    hour: (usd: number) => `$${usd.toFixed(2)}/h`,
  },
  zh: {
    card: "显卡", none: "没有此名称的显卡。可直接输入显存：24GiB。", hint: "无：只称重", weigh: "不选显卡：只称重", memory: "任意显卡，显存",
    takes: (used: string, all: string) => `${used} / ${all}`, needs: (n: number) => `${n} 张 · `, unequal: "这些显卡一起", rented: "可租用且放得下，最便宜的在前", others: "其他，最新的在前",
    hour: (usd: number) => `$${usd.toFixed(2)}/时`,
  },
});

const SHOWN = 60;
const RENTED = 24;
/* "RTX 4090,RTX 3090", "2xRTX 4090,A100" */
export const LISTED = /,|^\s*\d+\s*x/i;
const MEMORY = /^\s*[1-9]\d*\s*(GiB|GB|MiB|MB|G|M)\s*$/i;

/* How full one card would be: a bar to its budget, past it in the alarm colour. */
function Tiny({ load }: { load: Card }) {
  const share = load.device_bytes / load.budget_bytes;
  const text = w().takes(bytes(load.device_bytes), bytes(load.budget_bytes));
  return (
    <svg class="tiny" viewBox="0 0 60 8" width="60" height="8" role="img" aria-label={text}>
      <title>{text}</title>
      <rect class="load-plate" width="48" height="8" />
      <rect class={share > 1 ? "load-over" : "tiny-load"} width={Math.min(60, 48 * share)} height="8" />
      <line class="load-tick" x1="48" x2="48" y1="0" y2="8" />
    </svg>
  );
}

export function bandwidth(gb_s: number): string {
  return gb_s >= 1000 ? `${digits(gb_s / 1000)}\u00a0TB/s` : `${digits(gb_s)}\u00a0GB/s`;
}

/* Vendor, bandwidth, year: what is known of it. */
export function cardFacts(card: CardRow): string {
  return [card.vendor, card.bandwidth_gb_s ? bandwidth(card.bandwidth_gb_s) : "", card.year].filter(Boolean).join(" · ");
}

function itemOf(card: CardRow, load: Card | undefined): Item {
  return {
    key: card.name,
    main: <><span>{card.name}</span><span class="sub">{cardFacts(card)}</span></>,
    aside: (
      <>
        <span class="mono">{bytes(card.vendor_bytes)}</span>
        <span class="sub tight">
          {load && load.gpus > 1 && w().needs(load.gpus)}
          {load?.usd_per_hour !== undefined && `${w().hour(load.usd_per_hour)} `}
          {load && <Tiny load={load} />}
        </span>
      </>
    ),
  };
}

function opening(cards: readonly CardRow[], loads: ReadonlyMap<string, Card>): Item[] {
  const { rented, others } = usual(cards, loads);
  const part = (rows: readonly CardRow[], heading: string) =>
    rows.map((card, i): Item => ({ ...itemOf(card, loads.get(card.name)), heading: i === 0 ? heading : undefined }));
  return [{ key: "", main: w().weigh }, ...part(rented.slice(0, RENTED), w().rented), ...part(others, w().others)];
}

function itemsFor(text: string, cards: readonly CardRow[], loads: ReadonlyMap<string, Card>): Item[] {
  if (!text.trim()) return opening(cards, loads);
  const found = matching(text, cards, (card) => [card.name, ...(card.aliases ?? "").split("|").filter(Boolean)], SHOWN);
  const items = found.map((card) => itemOf(card, loads.get(card.name)));
  if (MEMORY.test(text)) return [{ key: text.trim(), main: `${w().memory} ${text.trim()}` }, ...items];
  if (LISTED.test(text)) return [{ key: text.trim(), main: `${w().unequal}: ${text.trim()}` }, ...items];
  return items;
}

function take(key: string): void {
  if (MEMORY.test(key)) change({ gpu: null, "gpu-memory": key.replace(/\s/g, ""), mig: null });
  else if (LISTED.test(key)) change({ gpu: key, gpus: null, tp: null, "gpu-memory": null, mig: null });
  else change({ gpu: key, "gpu-memory": null, mig: null });
}

const hasCard = (fit: Fit | null) => Boolean(fit?.gpu);

export function CardSearch() {
  const cards = useCards();
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState("");
  const loads = useLoads(opened);
  const known = useOfFit(hasCard);
  const given = option("gpu") || option("gpu-memory");
  const card = cardNamed(cards, option("gpu"));
  const problems = [useProblemOf("gpu"), useProblemOf("gpu-memory")];
  const resolved = given && known && !option("gpu").includes(",") ? card?.name ?? given : given;
  return (
    <Combobox name="gpu" label={w().card} shown value={resolved} placeholder={w().hint} busy={cards.length === 0}
      items={() => itemsFor(text, cards, loads)} none={w().none} problem={problems[0] ?? problems[1]}
      note={card && <p class="note">{bytes(card.vendor_bytes)} · {cardFacts(card)}</p>}
      onSearch={(typed) => { setText(typed); setOpened(true); }} onTake={take} />
  );
}
