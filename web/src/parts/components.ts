/* Components in the order and colours in which every bar and chart draws them (style/colours.css has the colours). */
import type { Component } from "../api/types";

const ORDER = [
  "weights", "adapters", "reference", "draft", "gradients", "master", "optimizer", "kv_cache", "cache_growth", "state", "activations", "compute",
  "output", "logits", "graphs", "runtime", "communication",
] as const;

const KNOWN = new Set<string>(ORDER);

export function componentClass(name: string): string {
  return KNOWN.has(name) ? `c-${name}` : "c-other";
}

/* Those on the device that weigh anything, in the usual order. */
export function onDevice<T extends Pick<Component, "name" | "bytes" | "on">>(components: readonly T[]): T[] {
  const place = (name: string): number => {
    const at = (ORDER as readonly string[]).indexOf(name);
    return at < 0 ? ORDER.length : at;
  };
  return components
    .filter((part) => part.on !== "host" && part.bytes > 0)
    .sort((a, b) => place(a.name) - place(b.name));
}
