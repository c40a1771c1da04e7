/* The whys of the figures that the API derives. */
import type { Component } from "../api/types";
import type { WhyRequest } from "../parts/why";
import { componentWord } from "../text/terms";
import { bytes } from "../format";
import { bodyFor, options } from "./question";

/* fit, memory: device_bytes, budget, a component; explain: total_parameters, a group, a tensor. */
export function whyOfQuantity(command: "fit" | "memory" | "explain", quantity: string, value: string): WhyRequest {
  const named = command === "explain" ? { quantity, latex: true } : { explain: quantity };
  return {
    title: componentWord(quantity),
    value,
    ask: { command, body: bodyFor(command, options.value, named) },
  };
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
