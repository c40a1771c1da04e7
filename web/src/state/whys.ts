/* The whys of the figures that the API derives. */
import type { Component } from "../api/types";
import type { WhyRequest } from "../parts/why";
import { componentWord } from "../text/terms";
import { bytes } from "../format";
import { bodyFor, options } from "./question";

/* fit, memory: device_bytes, budget, a component, max_context, max_sequences, kv_bytes_per_token, fixed_bytes_per_sequence; explain: total_parameters, a group, a tensor. */
export function whyOfQuantity(command: "fit" | "memory" | "explain", quantity: string, value: string): WhyRequest {
  const named = command === "explain" ? { quantity, latex: true } : { explain: quantity, latex: true };
  return {
    title: componentWord(quantity),
    value,
    ask: { command, body: bodyFor(command, options.value, named) },
  };
}

/* Of a mode of training: total_bytes, host_bytes, budget_bytes, trainable_parameters, total_parameters, a component. */
export function askOfTraining(mode: string, quantity: string): NonNullable<WhyRequest["ask"]> {
  return { command: "train", body: bodyFor("train", options.value, { mode, method: null, explain: quantity, latex: true }) };
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
