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

/* Those that are asked for most come first while nothing is typed: the newest, by memory; the CPUs last. */
export function usual(cards: readonly CardRow[]): CardRow[] {
  const cpu = (card: CardRow): number => (card.name.startsWith("CPU") ? 1 : 0);
  return [...cards].sort((a, b) => cpu(a) - cpu(b) || (b.year ?? 0) - (a.year ?? 0) || b.vendor_bytes - a.vendor_bytes);
}

/* Of the question without a machine: each card alone, and the count of them that it would need. */
export function useLoads(wanted: boolean): Map<string, Card> {
  const none = { gpu: null, "gpu-memory": null, mig: null, gpus: null, tp: null, pp: null, dp: null, cp: null, dcp: null, "gpu-layers": null };
  const { data } = useAnswer<Fit>("fit", wanted ? bodyFor("fit", options.value, none) : null);
  return new Map((data?.cards ?? []).map((card) => [card.gpu, card]));
}

/* "RTX 4090" or "4090" as the list writes it. */
export function cardNamed(cards: readonly CardRow[], text: string): CardRow | undefined {
  const wanted = text.trim().toLowerCase();
  const alike = (name: string) => name.toLowerCase() === wanted;
  return cards.find((card) => alike(card.name)) ?? cards.find((card) => (card.aliases ?? "").split("|").some(alike))
    ?? cards.find((card) => card.name.toLowerCase().endsWith(` ${wanted}`));
}
