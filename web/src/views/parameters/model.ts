/* What the views of parameters ask for. */
import type { Num } from "../../format";
import type { Common } from "../../api/types";
import { lazyAsk } from "../../state/whys";
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
  all_elements?: Num; /* of all copies */
  format?: string;
}

export interface Tensors extends Common {
  tensors: Tensor[];
  tensor_count?: number;
  places?: Place[];
}

/* Parameters of a group in one class of layers; outside of layers the place is empty. */
export interface Place {
  group: string;
  place: string;
  elements: Num;
}

export function groupTone(name: string): string {
  return `c-g-${name}`;
}

/* The why of parameters, a group, a tensor. FLOPs are another view's: their options do not matter here. */
export function whyOfParameters(quantity: string, title: string, value: Num): WhyRequest {
  return { title, value: whole(value), ask: lazyAsk("explain", { quantity, latex: true }) };
}
