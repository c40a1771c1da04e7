/* Answers about serving beside fit's: sweeps, speed, what an engine itself would print. */
import type { Basis, Common, Interval } from "./types";

/* A point holds its variables by name beside these. */
export interface Point {
  device_bytes: number;
  low_bytes: number;
  high_bytes: number;
  total_bytes: number;
  weights_bytes: number;
  kv_cache_bytes: number;
  state_bytes: number;
  budget_bytes: number | null;
  fits: boolean | null;
  capacity_bytes?: number;
  components?: { name: string; bytes: number }[];
  max_context?: number | null;
  max_sequences?: number | null;
  tokens_per_second_per_sequence?: number | null;
  tokens_per_second?: number | null;
  time_to_first_token_s?: number | null;
  error?: { code: string; message: string };
  [variable: string]: unknown;
}

export interface Sweep extends Common {
  variables: { name: string; values: number }[];
  point_count: number;
  points: Point[];
}

export interface Told extends Interval {
  basis?: Basis;
  formula?: string;
  numbers?: string;
}

export interface Pass {
  bound: string;
  compute_s: Interval;
  memory_s: Interval;
  link_s: Interval;
  overhead_s: Interval;
}

export interface Speed extends Common {
  time_to_first_token_s: Told | null;
  time_to_first_token_all_s: Told | null;
  time_per_output_token_s: Told | null;
  tokens_per_second_per_sequence: Told | null;
  tokens_per_second: Told | null;
  prompt_tokens_per_second: Told | null;
  bound: string;
  prompt_bound: string;
  turning_batch: number | null;
  weights_turning_batch: number | null;
  prompt_pass: Pass;
  step: Pass;
  gpu?: { name: string; bandwidth_gb_s?: number; compute_tflops?: number; compute_rate?: string; source?: string };
  shares?: { name: string; low: number; best: number; high: number; basis: Basis; source: string }[];
  unknown?: string[];
}

export interface Cache {
  name: string;
  layers?: number;
  dtype?: string;
  window?: number;
  cells: number;
  bytes_per_token?: number;
  bytes_per_sequence?: number;
  bytes: number;
}

/* What the engine says of its own pool: numbers and texts under its own names. */
export type Pool = Readonly<Record<string, number | string | null>>;

export interface Representative {
  kind: string;
  like: string;
  source: string;
  scaled: boolean;
  total_parameters: number;
}
