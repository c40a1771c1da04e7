/* Names with index sets, "model.layers.{0-2,4-6}.mlp.up_proj.weight", taken apart. */

/* "{0-2,4}" → 0, 1, 2, 4; "7" → 7. */
export function indices(set: string): number[] {
  return set.replace(/[{}]/g, "").split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

export interface Placed {
  stack: string; /* "model.layers" */
  set: string; /* "{0-35}"; empty outside of layers */
  rest: string; /* "mlp.up_proj.weight" */
}

/* Where a tensor or a class of layers stands: the first index is the layer's. */
export function placed(name: string): Placed {
  const found = /^(.*?)\.(\{[\d,-]+\}|\d+)(?:\.(.*))?$/.exec(name);
  return found ? { stack: found[1] ?? "", set: found[2] ?? "", rest: found[3] ?? "" } : { stack: "", set: "", rest: name };
}

/* Whether one index of a class is among a tensor's: both are told by sets of the same enumeration. */
export function meets(set: string, other: string): boolean {
  if (set === other) return true;
  const known = new Set(indices(other));
  return indices(set).some((index) => known.has(index));
}
