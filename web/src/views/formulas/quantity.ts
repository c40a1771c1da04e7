/* A quantity that can be derived, in the link: explain's own as its option, those of memory beside it. */
import type { Body } from "../../api/client";
import { shownOptions } from "../../state/answers";
import { bodyFor, change, extras, option } from "../../state/question";

export interface Quantity {
  command: "explain" | "fit";
  name: string;
}

const MEMORY = "formulas-memory";

export function isSame(a: Quantity, b: Quantity): boolean {
  return a.command === b.command && a.name === b.name;
}

export function chosenQuantity(): Quantity {
  const memory = extras.value[MEMORY];
  return memory ? { command: "fit", name: memory } : { command: "explain", name: option("quantity") || "total_parameters" };
}

export function choose(quantity: Quantity): void {
  const { [MEMORY]: _old, ...others } = extras.value;
  extras.value = quantity.command === "fit" ? { ...others, [MEMORY]: quantity.name } : others;
  change({ quantity: quantity.command === "explain" && quantity.name !== "total_parameters" ? quantity.name : null });
}

export function isFlops(quantity: Quantity): boolean {
  return quantity.name.endsWith("_flops");
}

/* FLOPs are those of the question's own load: its context as the prompt, its sequences as the batch. */
function load(): Body {
  return {
    batch: option("sequences") || "1",
    prompt: option("prompt") || option("context") || "4096",
    ...(option("phase") && { phase: option("phase") }),
  };
}

export function bodyOf(quantity: Quantity): Body {
  if (quantity.command === "fit") return bodyFor("fit", shownOptions.value, { explain: quantity.name });
  const model = Object.fromEntries(Object.entries(shownOptions.value).filter(([name]) => name === "model" || name === "set" || name === "mtp"));
  return bodyFor("explain", model, { quantity: quantity.name, latex: true, ...(isFlops(quantity) ? load() : {}) });
}
