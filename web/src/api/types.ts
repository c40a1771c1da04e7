/* The parts of the API's answers that the page shows; /api/v1/openapi.json and docs/reference/json.md describe them whole. */
import type { Num } from "../format";
import type { Cache, Pool, Representative } from "./serving";

export type Basis = "exact" | "stored" | "engine" | "measured" | "heuristic" | "assumed";

export interface Component {
  name: string;
  bytes: number;
  low_bytes: number;
  high_bytes: number;
  basis: Basis;
  source?: string;
  on?: "device" | "host";
}

export interface Device {
  device: number;
  gpu?: string;
  bytes: number;
  low_bytes: number;
  high_bytes: number;
  budget_bytes?: number;
  fits?: boolean | null;
  capacity_bytes?: number; /* what a process can use of the card */
  spare_bytes?: number; /* what is left of it; below zero: too much */
  pipeline_stage: number;
  tensor_rank?: number;
  data_rank?: number;
  context_rank?: number;
  components: Component[];
}

export interface Interval {
  low: number;
  best: number;
  high: number;
}

export interface Field {
  name: string;
  key: string;
  value: unknown;
  origin: string;
}

export interface Warning {
  code: string;
  message: string;
}

export interface Step {
  step: string;
  found: boolean;
  seconds: number;
  reason: string;
}

export interface Common {
  model: string;
  model_type?: string;
  fields?: Field[];
  unused_fields?: string[];
  resolution?: Step[]; /* of a model asked by name */
  warnings: Warning[];
}

export interface Choice {
  quant: string;
  kv_dtype: string;
  bits_per_weight: number;
  weights_bytes: number;
  device_bytes?: number;
  fits?: boolean | null;
  max_context?: number | null;
  max_sequences?: number | null;
}

export interface Change {
  option: string; /* "--gpus 2" */
  saved_bytes: number;
  fits: boolean;
}

export interface Gpu {
  name: string;
  vendor_bytes: number;
  usable_bytes: number;
  usable_low_bytes: number;
  usable_high_bytes: number;
  usable_basis: Basis;
  usable_source: string;
}

/* A component where only its weight is told. */
export type Part = Pick<Component, "name" | "bytes">;

export interface Card {
  gpu: string;
  gpus: number;
  tp: number;
  pp: number;
  device_bytes: number;
  low_bytes: number;
  high_bytes: number;
  budget_bytes: number;
  components: Part[];
  usd_per_hour?: number;
}

export interface Fit extends Common {
  engine: string;
  engine_options: Record<string, unknown>;
  context: number;
  model_context?: number; /* how long a sequence the configuration is made for */
  sequences: number;
  dtype: string;
  weights_format: string;
  checkpoint_bytes: number;
  bits_per_weight: number;
  kv_dtype: string;
  gpus: number;
  tp: number;
  pp: number;
  total_bytes: number;
  per_device: Device[];
  worst_device: number;
  kv_bytes_per_token: number;
  fixed_bytes_per_sequence?: number;
  caches?: Cache[];
  host?: { bytes: number; components: Component[] };
  vllm?: Pool;
  sglang?: Pool;
  tensorrt_llm?: Pool;
  complete?: boolean;
  undescribed_parts?: string[];
  assumed?: boolean;
  representative?: Representative;
  dp?: number;
  cp?: number;
  dcp?: number;
  fits: boolean | null;
  reserve_bytes: number | null;
  max_context: number | null;
  max_sequences: number | null;
  gpu?: Gpu;
  price?: { usd_per_hour: number; gpus: number; provider: string; instance?: string; as_of: string; source?: string };
  choices: Choice[];
  best?: { quant: string; kv_dtype: string };
  changes?: Change[];
  fewest_gpus?: number;
  speed?: {
    time_to_first_token_s: Interval;
    tokens_per_second_per_sequence: Interval;
    tokens_per_second: Interval;
    bound: string;
  };
  cards?: Card[];
  command?: string;
}

export interface ExplainNode {
  id: number;
  name: string;
  formula?: string;
  numbers?: string;
  latex?: string;
  value: Num | string | boolean;
  unit?: string;
  source?: string;
  basis?: Basis;
  low?: Num;
  high?: Num;
  origin?: { kind: string; key: string; source: string; line?: number };
  children: number[];
}

export interface Explain extends Common {
  quantity: string;
  root: number;
  nodes: ExplainNode[];
}

export interface Params extends Common {
  family: string;
  dtype: string;
  total_parameters: number;
  active_parameters: number;
  sparsity: number;
  buffer_elements: number;
  mtp_parameters: number;
  parameter_bytes: number;
  stored?: { format: string; bytes: number; bits_per_weight: number; parts: { format: string; parameters: number; bytes: number }[] };
  formula_total_parameters: number | null; /* null: there is no such formula */
  formula_difference: number;
  enumeration_available: boolean;
  complete: boolean;
  tied_embeddings: boolean;
  undescribed_parts: string[];
  groups: { name: string; parameters: number; share: number }[];
  layers?: { layers: string; count: number; parameters_each: number; parameters: number }[];
}
