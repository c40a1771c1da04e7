/* /api/v1/train, /api/v1/optimizers, /api/v1/adapters, as far as the view shows them. */
import type { Component, Warning } from "../../api/types";
import type { Deviation } from "../methods/types";

export interface Mode {
  mode: string;
  method: string;
  total_bytes: number;
  low_bytes: number;
  high_bytes: number;
  host_bytes: number;
  trainable_parameters: number;
  trainable_share: number;
  total_parameters: number;
  precision: string;
  adapter?: { name: string; parameters: number; adapted_modules: number; modules: string[] };
  fits?: boolean;
  spare_bytes?: number; /* of what a process can use of the card; below zero: too much */
  components: Component[];
}

export interface Refused {
  mode: string;
  code: string;
  reason: string;
}

export interface Train {
  model: string;
  batch: number;
  sequence: number;
  optimizer: string;
  checkpointing: boolean;
  gpus: number;
  sharding: string;
  usable_bytes?: number;
  budget_bytes?: number;
  reserve_bytes?: number;
  modes: Mode[];
  refused: Refused[];
  methods: (Deviation & { mode: string })[];
  warnings: Warning[];
}

export interface Optimizer {
  name: string;
  names: string;
  bytes_per_parameter_bf16: number;
  bytes_per_parameter_fp32: number;
  states: string[];
  source: string;
}

export interface Adapter {
  name: string;
  like?: string;
  source: string;
  options: { name: string; default: string }[];
}
