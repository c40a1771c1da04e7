/* The whys of the figures that the API derives. */
import type { Component } from "../api/types";
import type { Value } from "../api/client";
import type { WhyRequest } from "../parts/why";
import { componentWord } from "../text/terms";
import { bytes } from "../format";
import { bodyFor, options } from "./question";

/* The body is made when it is opened (openWhy), of the question as it then stands: who offers it need not follow the question. */
export function lazyAsk(command: string, extra: Record<string, Value | null>): NonNullable<WhyRequest["ask"]> {
  return { command, get body() { return bodyFor(command, options.peek(), extra); } };
}

/* fit, memory: device_bytes, budget, a component, max_context, max_sequences, kv_bytes_per_token, fixed_bytes_per_sequence; explain: total_parameters, a group, a tensor. */
export function whyOfQuantity(command: "fit" | "memory" | "explain", quantity: string, value: string): WhyRequest {
  const named = command === "explain" ? { quantity, latex: true } : { explain: quantity, latex: true };
  return { title: componentWord(quantity), value, ask: lazyAsk(command, named) };
}

/* Of a mode of training: total_bytes, host_bytes, budget_bytes, trainable_parameters, total_parameters, a component. */
export function askOfTraining(mode: string, quantity: string): NonNullable<WhyRequest["ask"]> {
  return lazyAsk("train", { mode, method: null, explain: quantity, latex: true });
}

export function whyOfComponent(part: Component): WhyRequest {
  return {
    ...whyOfQuantity("fit", part.name, bytes(part.bytes)),
    basis: part.basis,
    low: part.low_bytes,
    high: part.high_bytes,
    source: part.source,
  };
}
