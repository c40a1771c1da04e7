/* What the views of parameters ask for. */
import type { Num } from "../../format";
import type { Common } from "../../api/types";
import { bodyFor, options } from "../../state/question";
import type { WhyRequest } from "../../parts/why";
import { whole } from "../../format";

export interface Tensor {
  name: string;
  shape: number[];
  dtype: string;
  elements: Num;
  bytes: Num;
  group: string;
  kind: "param" | "buffer" | "tied";
  tied_to?: string;
  copies?: number;
  format?: string;
}

export interface Tensors extends Common {
  tensors: Tensor[];
  tensor_count?: number;
}

export function groupTone(name: string): string {
  return `c-g-${name}`;
}

/* The why of parameters, a group, a tensor. FLOPs are another view's: their options do not matter here. */
export function whyOfParameters(quantity: string, title: string, value: Num): WhyRequest {
  return { title, value: whole(value), ask: { command: "explain", body: bodyFor("explain", options.value, { quantity, latex: true }) } };
}
