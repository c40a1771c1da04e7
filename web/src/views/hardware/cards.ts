/* Cards that take the question as it stands, with what is known of each; ranked, filtered, sorted for the list. */
import type { Card } from "../../api/types";

/* As the API says it (data/accelerators). */
export const KINDS = ["datacenter", "workstation", "consumer", "laptop", "apple", "unified", "embedded", "cloud", "cpu"] as const;
export type Kind = (typeof KINDS)[number];

/* A row of /api/v1/gpus. */
export interface GpuRow {
  vendor: string;
  name: string;
  aliases: string;
  kind: Kind;
  announced: boolean;
  vendor_bytes: number;
  usable_bytes: number;
  usable_low_bytes: number;
  usable_high_bytes: number;
  usable_basis: string;
  usable_source?: string;
  bandwidth_gb_s?: number;
  bf16_tflops?: number;
  fp8_tflops?: number;
  tdp_w?: number;
  interconnect: string;
  interconnect_gb_s?: number;
  architecture: string;
  year?: number;
  source: string;
}

export interface Offer {
  card: Card;
  gpu: GpuRow;
  rank: number; /* as the API ranks them */
}

/* What the list is filtered by: a kind, or what cannot be had yet. */
export const CHOICES = [...KINDS, "announced"] as const;
export type Choice = (typeof CHOICES)[number];

function choiceOf(gpu: GpuRow): Choice {
  return gpu.announced ? "announced" : gpu.kind;
}

export function offersOf(cards: readonly Card[], gpus: readonly GpuRow[]): Offer[] {
  const known = new Map(gpus.map((gpu) => [gpu.name, gpu]));
  return cards.flatMap((card, rank) => {
    const gpu = known.get(card.gpu);
    return gpu ? [{ card, gpu, rank }] : [];
  });
}

export interface Filter {
  text: string;
  vendor: string;
  kind: string; /* "" is what people rent and buy: neither CPUs nor what is announced only */
  single: boolean;
  priced: boolean;
}

export function passes(offer: Offer, filter: Filter): boolean {
  const kind = choiceOf(offer.gpu);
  const wanted = filter.kind ? filter.kind === "all" || kind === filter.kind : kind !== "cpu" && kind !== "announced";
  const text = filter.text.toLowerCase();
  return wanted
    && (!filter.vendor || offer.gpu.vendor === filter.vendor)
    && (!filter.single || offer.card.gpus === 1)
    && (!filter.priced || offer.card.usd_per_hour !== undefined)
    && (!text || `${offer.gpu.vendor} ${offer.gpu.name} ${offer.gpu.aliases}`.toLowerCase().includes(text));
}

export const SORTS = ["rank", "price", "memory", "bandwidth", "year", "gpus"] as const;
export type Sort = (typeof SORTS)[number];

const LAST = Number.POSITIVE_INFINITY;
const KEY: Readonly<Record<Sort, (offer: Offer) => number>> = {
  rank: (offer) => offer.rank,
  price: (offer) => offer.card.usd_per_hour ?? LAST,
  memory: (offer) => offer.gpu.vendor_bytes,
  bandwidth: (offer) => -(offer.gpu.bandwidth_gb_s ?? 0),
  year: (offer) => -(offer.gpu.year ?? 0),
  gpus: (offer) => offer.card.gpus,
};

export function sorted(offers: readonly Offer[], sort: Sort): Offer[] {
  return [...offers].sort((a, b) => KEY[sort](a) - KEY[sort](b) || a.rank - b.rank);
}
