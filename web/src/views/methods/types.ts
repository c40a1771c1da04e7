/* /api/v1/compare-methods, /api/v1/methods, /api/v1/method, as far as the views show them. */

export interface Cause {
  name: string;
  amount: number;
  formula: string;
  text: string;
}

export interface Deviation {
  question: string;
  mode?: string;
  method: string;
  function: string;
  quantity: string;
  unit: string;
  figure: number;
  exact: number;
  difference: number;
  deviation: number;
  causes: Cause[];
}

export interface Compared {
  model: string;
  context: number;
  sequences: number;
  methods: Deviation[];
}

export interface Input {
  name: string;
  meaning: string;
  default?: string;
  from?: string;
  low?: string;
  high?: string;
  step?: string;
  best_low?: string;
  best_high?: string;
  choices?: (string | number | boolean)[];
  choice_meanings?: string[]; /* in their order; empty where a choice says itself what it is */
  suggestions?: (string | number | boolean)[];
  unit?: string;
  impact?: "high" | "medium" | "low" | "none";
  has_effect: boolean;
  no_effect_because?: string;
}

export interface Quantity {
  name: string;
  unit?: string;
  formula: string;
  latex?: string;
}

export interface Fn {
  name: string;
  title: string;
  properties: string[];
  source: string;
  answers: { question: string; quantity: string; modes: string[] }[];
  inputs: Input[];
  lets: Quantity[];
  quantities: Quantity[];
}

export interface Method {
  name: string;
  title: string;
  validity?: string;
  accuracy?: string;
  properties: string[];
  source: string;
  origin: string;
  lets: Quantity[];
  functions: Fn[];
}

export interface Erratum {
  id: string;
  kind: string;
  published: number;
  correct: number;
  unit: string;
  text: string;
  right?: Side;
  wrong?: Side;
}

export interface Side {
  function?: string;
  inputs?: Record<string, unknown>;
  expression?: string;
  model?: string;
  quantity?: string;
  value?: number;
}

export type Plain = string | number | boolean | null | Plain[];

export interface Derived {
  name: string;
  formula: string;
  numbers: string;
  latex?: string;
  value: Plain;
  unit?: string;
}

/* What a function answers, alone or on a model. */
export interface Answered {
  function: string;
  inputs: Record<string, Plain>;
  ignored: string[];
  derivation: Derived[];
  notes: { code: string; message: string }[];
  source: string;
  validity?: string;
  properties?: string[];
}
