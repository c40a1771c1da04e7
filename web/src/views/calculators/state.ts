/* Which calculator, and its inputs: both stand in the link. An input that is not given has its default, or what the model says. */
import type { Body } from "../../api/client";
import { typed } from "../../parts/scale";
import { extras, option } from "../../state/question";
import type { Fn, Input, Method, Plain } from "../methods/types";

const PREFIX = "in.";
export const FIRST = "unified.multimodal";

export function chosen(): string {
  return extras.value.calc ?? FIRST;
}

function without(drop: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(extras.value).filter(([name]) => !drop(name)));
}

/* Another calculator begins with its own defaults. */
export function choose(calculator: string): void {
  extras.value = { ...without((name) => name.startsWith(PREFIX)), calc: calculator };
}

export function given(name: string): string {
  return extras.value[PREFIX + name] ?? "";
}

export function give(name: string, value: string): void {
  extras.value = value === "" ? without((one) => one === PREFIX + name) : { ...extras.value, [PREFIX + name]: value };
}

export function anyGiven(): boolean {
  return Object.keys(extras.value).some((name) => name.startsWith(PREFIX));
}

export function forgetInputs(): void {
  extras.value = without((name) => name.startsWith(PREFIX));
}

export function onModel(): boolean {
  return extras.value["calc-model"] === "true";
}

export function setOnModel(on: boolean): void {
  extras.value = on ? { ...extras.value, "calc-model": "true" } : without((name) => name === "calc-model");
}

/* As it is typed: a number, a truth value, null, a list; else a text. */
function valueOf(text: string, input: Input): Plain {
  if (input.choices?.some((choice) => typeof choice === "string")) return text;
  const number = typed(text);
  if (number !== null) return number;
  try {
    return JSON.parse(text) as Plain;
  } catch {
    return text;
  }
}

/* Names of the question, and the page's options of them: of serving, of training. */
const SERVING: Readonly<Record<string, string>> = { context: "context", sequences: "sequences", new_tokens: "context", batch: "sequences", tp: "tp" };
const TRAINING: Readonly<Record<string, string>> = {
  context: "sequence", sequences: "batch", rank: "rank", generations: "generations", optimizer: "optimizer", checkpointing: "checkpointing", reference: "reference",
};
/* What the question may say besides, which this view does not ask for: the defaults of the method hold. */
const UNSAID = /\b(mode|context|sequences|new_tokens|past_tokens|batch|tp|rank|generations|optimizer|optimizer_8bit|precision|weights_as|weight_bytes|kv_bytes|checkpointing|fused_attention|offload|reference)\b/;

export interface Taken {
  value: Plain;
  from: "model" | "question";
}

/* What the model and the question say of an input; undefined: nothing. */
export function takenOf(fn: Fn, input: Input, model: Readonly<Record<string, Plain>> | undefined): Taken | undefined {
  if (!input.from || !model || !(input.name in model)) return undefined;
  const trains = fn.answers.length > 0 && fn.answers.every((one) => one.question === "train");
  const asked = (trains ? TRAINING : SERVING)[input.from];
  const text = asked ? option(asked) : "";
  if (text) return { value: valueOf(text, input), from: "question" };
  return UNSAID.test(input.from) ? undefined : { value: model[input.name] ?? null, from: "model" };
}

export function bodyOf(method: string, fn: Fn, model: Readonly<Record<string, Plain>> | undefined): Body {
  const input: Record<string, Plain> = {};
  for (const one of fn.inputs) {
    const [text, taken] = [given(one.name), takenOf(fn, one, model)];
    if (text !== "") input[one.name] = valueOf(text, one);
    else if (taken) input[one.name] = taken.value;
  }
  return { method, function: fn.name, latex: true, input: JSON.stringify(input) };
}

export function find(methods: readonly Method[], calculator: string): { method: Method; fn: Fn } | undefined {
  const [name, of] = calculator.split(".");
  const method = methods.find((one) => one.name === name);
  const fn = method?.functions.find((one) => one.name === of);
  return method && fn && { method, fn };
}
