/* The question: one flat set of options under the names that the command line and the API use. Each command takes those it
 * knows; what stands here besides (training's options while serving is asked about) waits for its own view. */
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import type { Body, Value } from "../api/client";
import { takes } from "../api/ranges";

export type Options = Readonly<Record<string, string | readonly string[]>>;

/* The page opens answered: a well-known model on a common card. */
export const OPENING: Options = {
  model: "Qwen/Qwen3-8B",
  context: "8192",
  sequences: "4",
  gpu: "RTX 4090",
};

export const VIEWS = [
  "overview",
  "deploy",
  "finetune",
  "parameters",
  "formulas",
  "methods",
  "hardware",
  "compare",
  "calculators",
] as const;
export type View = (typeof VIEWS)[number];

/* The command whose question a view's link begins with. */
export const COMMAND_OF: Readonly<Record<View, string>> = {
  overview: "fit",
  deploy: "fit",
  finetune: "train",
  parameters: "params",
  formulas: "explain",
  methods: "compare-methods",
  hardware: "fit",
  compare: "fit",
  calculators: "fit",
};

export const options = signal<Options>(OPENING);
export const view = signal<View>("overview");
/* What else a link keeps: a pinned question, a tensor that is searched for. Names begin with the view's. */
export const extras = signal<Readonly<Record<string, string>>>({});

const members = new Map<string, ReadonlySignal<string | readonly string[] | undefined>>();

/* Read one by one: who shows one option is not drawn anew for another. */
function member(name: string): string | readonly string[] | undefined {
  let one = members.get(name);
  if (!one) members.set(name, (one = computed(() => options.value[name])));
  return one.value;
}

export function option(name: string): string {
  const value = member(name);
  return typeof value === "string" ? value : (value?.[0] ?? "");
}

export function optionList(name: string): readonly string[] {
  const value = member(name);
  return value === undefined ? [] : typeof value === "string" ? [value] : value;
}

/* Sets options; an empty value or list takes the option away, so that its default holds. */
export function change(changes: Record<string, string | readonly string[] | null>): void {
  const next: Record<string, string | readonly string[]> = { ...options.value };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value.length === 0) delete next[name];
    else next[name] = value;
  }
  options.value = next;
}

/* NAME=VALUE lists, such as set and engine-option: gives or takes away one NAME. */
export function changeMember(name: string, member: string, value: string | null): void {
  const others = optionList(name).filter((entry) => !entry.startsWith(`${member}=`));
  change({ [name]: value === null || value === "" ? others : [...others, `${member}=${value}`] });
}

export function memberOf(name: string, member: string): string {
  const entry = optionList(name).find((text) => text.startsWith(`${member}=`));
  return entry ? entry.slice(member.length + 1) : "";
}

/* The body of a command's question: the options that it takes, and what the asker adds (null takes away). */
export function bodyFor(command: string, from: Options, extra: Record<string, Value | null> = {}): Body {
  const body: Body = {};
  for (const [name, value] of Object.entries(from))
    if (takes(command, name)) body[name] = typeof value === "string" ? flagged(value) : [...value];
  for (const [name, value] of Object.entries(extra)) {
    if (value === null) delete body[name];
    else body[name] = value;
  }
  return body;
}

function flagged(value: string): Value {
  return value === "true" ? true : value === "false" ? false : value;
}

/* Questions that several parts of the page ask. */
export const fitBody = computed(() => bodyFor("fit", options.value));
