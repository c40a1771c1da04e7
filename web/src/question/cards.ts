/* The cards that the server knows, and what the present question would weigh on each. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useAnswer } from "../api/answer";
import { get } from "../api/client";
import type { Card, Fit } from "../api/types";
import { bodyFor, options } from "../state/question";

export interface CardRow {
  vendor: string;
  name: string;
  aliases?: string;
  vendor_bytes: number;
  usable_bytes: number;
  bandwidth_gb_s?: number;
  year?: number;
}

const known = signal<CardRow[]>([]);
let asked = false;

export function useCards(): CardRow[] {
  useEffect(() => {
    if (asked) return;
    asked = true;
    void get<{ gpus: CardRow[] }>("gpus").then((reply) => {
      if (reply.ok) known.value = reply.data.gpus;
      else asked = false;
    });
  }, []);
  return known.value;
}

/* While nothing is typed: cards that are rented out and take the question, cheapest first; then the others, newest first, the
 * CPUs last. */
export function usual(cards: readonly CardRow[], loads: ReadonlyMap<string, Card>): { rented: CardRow[]; others: CardRow[] } {
  const price = (card: CardRow): number => loads.get(card.name)?.usd_per_hour ?? Infinity;
  const cpu = (card: CardRow): number => (card.name.startsWith("CPU") ? 1 : 0);
  const rented = cards.filter((card) => price(card) < Infinity).sort((a, b) => price(a) - price(b));
  const others = cards.filter((card) => price(card) === Infinity)
    .sort((a, b) => cpu(a) - cpu(b) || (b.year ?? 0) - (a.year ?? 0) || b.vendor_bytes - a.vendor_bytes);
  return { rented, others };
}

/* Of the question without a machine: each card alone, and the count of them that it would need. */
export function useLoads(wanted: boolean): Map<string, Card> {
  const none = { gpu: null, "gpu-memory": null, mig: null, gpus: null, tp: null, pp: null, dp: null, cp: null, dcp: null, "gpu-layers": null };
  const { data } = useAnswer<Fit>("fit", wanted ? bodyFor("fit", options.value, none) : null, "settled");
  return new Map((data?.cards ?? []).map((card) => [card.gpu, card]));
}

/* "RTX 4090" or "4090" as the list writes it. */
export function cardNamed(cards: readonly CardRow[], text: string): CardRow | undefined {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return undefined;
  const alike = (name: string) => name.toLowerCase() === wanted;
  return cards.find((card) => alike(card.name)) ?? cards.find((card) => (card.aliases ?? "").split("|").some(alike))
    ?? cards.find((card) => card.name.toLowerCase().endsWith(` ${wanted}`));
}
