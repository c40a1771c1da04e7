/* /api/v1/ranges: the commands and options as the server's own tables have them, and what a control of each can offer. */
import { signal } from "@preact/signals";
import { get, type Problem } from "./client";

export interface Told {
  en: string;
  zh: string;
}

/* A bound or a tick: a number, or a text as it is typed ("24GiB", "fp8"). */
export type Cell = number | string | boolean;

export interface Offer {
  kind?: string; /* flag, choice, count, size, bytes, number, percent, members, list, text, model */
  default?: Cell;
  low?: Cell;
  high?: Cell;
  step?: Cell;
  ticks?: Cell[]; /* of numbers */
  examples?: Cell[]; /* of texts */
  best?: { low: Cell; high: Cell };
  unit?: string;
  impact?: string; /* high, medium, low, none */
  source?: string;
}

export interface OptionInfo extends Offer {
  name: string;
  word: boolean;
  required: boolean;
  repeatable: boolean;
  value: string | null;
  schema: { type?: string | string[]; enum?: string[]; default?: unknown; minimum?: number; maximum?: number };
  about: Told;
  choices?: { value: string; about: Told }[];
  names_of?: string[]; /* lists of `names` */
}

export interface EngineOptionInfo extends Offer {
  name: string;
  default_formula: string;
  aliases?: string;
}

export interface Ranges {
  version: string;
  data_digest: string;
  commands: { name: string; about: Told; options: OptionInfo[] }[];
  names?: Record<string, string[]>;
  engines?: { name: string; options: EngineOptionInfo[] }[];
}

export const ranges = signal<Ranges | null>(null);
const taken = new Map<string, Map<string, OptionInfo>>();

export async function loadRanges(): Promise<Problem | null> {
  const reply = await get<Ranges>("ranges");
  if (!reply.ok) return reply.problem;
  for (const command of reply.data.commands)
    taken.set(command.name, new Map(command.options.map((entry) => [entry.name, entry])));
  ranges.value = reply.data;
  return null;
}

/* Both are followed: what is drawn before the server has told is drawn anew when it has. */
export function takes(command: string, name: string): boolean {
  return ranges.value !== null && (taken.get(command)?.has(name) ?? false);
}

export function optionInfo(command: string, name: string): OptionInfo | undefined {
  return ranges.value ? taken.get(command)?.get(name) : undefined;
}

/* The names that an option takes, those that are usual first, where the server lists them. */
export function namesFor(command: string, name: string): string[] {
  const lists = ranges.value?.names ?? {};
  const info = optionInfo(command, name);
  const usual = (info?.examples ?? []).map(String);
  const listed = (info?.names_of ?? []).flatMap((list) => lists[list] ?? []);
  return [...new Map([...usual, ...listed, ...(info?.schema.enum ?? [])].map((text) => [text.toLowerCase(), text])).values()];
}

export function engineOptionInfo(engine: string, name: string): EngineOptionInfo | undefined {
  return ranges.value?.engines?.find((entry) => entry.name === engine)?.options.find((entry) => entry.name === name);
}
