/* The whys of a rule's figure and of the exact one beside it. */
import { whole } from "../../format";
import type { WhyRequest } from "../../parts/why";
import { whyOfQuantity } from "../../state/whys";
import { option } from "../../state/question";
import { words } from "../../text";
import type { Deviation, Fn } from "./types";
import { amount, signed } from "./words";

const w = words({
  en: { quantity: "quantity", exactly: "as a number", difference: "off by", exact: "exact" },
  zh: { quantity: "取自", exactly: "数值", difference: "偏差", exact: "精确值" },
});

/* What memory explains of one device; the figures here are of all of them. */
const EXPLAINED: Readonly<Record<string, string>> = { weights: "weights", cache: "kv_cache", memory: "device_bytes" };
const SPREAD = ["gpus", "tp", "pp", "dp", "cp"];

/* The exact figure has a derivation of its own where its question is one that the API explains. */
export function whyOfExact(rule: Deviation): WhyRequest | undefined {
  const value = amount(rule.exact, rule.unit);
  if (rule.question === "parameters") return whyOfQuantity("explain", "total_parameters", value);
  const quantity = EXPLAINED[rule.question];
  if (quantity && !SPREAD.some((name) => Number(option(name)) > 1)) return whyOfQuantity("memory", quantity, value);
  return { title: w().exact, value, basis: "exact", facts: [{ name: w().exactly, value: whole(rule.exact) }] };
}

/* What the function adds it up from, and how far each cause takes it from exact. */
export function whyOfRule(rule: Deviation, fn: Fn): WhyRequest {
  const quantity = fn.quantities.find((one) => one.name === rule.quantity);
  return {
    title: `${rule.method}.${rule.function}`, value: amount(rule.figure, rule.unit), basis: "heuristic", source: fn.source,
    facts: [
      { name: w().quantity, value: rule.quantity, from: quantity?.formula ?? "" },
      { name: w().exactly, value: whole(rule.figure) },
      { name: w().exact, value: whole(rule.exact) },
      { name: w().difference, value: signed(rule.difference, rule.unit) },
      ...rule.causes.map((cause) => ({ name: cause.text, value: signed(cause.amount, rule.unit), from: cause.formula })),
    ],
  };
}
