/* A model's type and size in a list: asked for when its row comes into sight, a few at a time. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ask } from "../api/client";
import type { Params } from "../api/types";
import { count } from "../format";

const known = signal<ReadonlyMap<string, string>>(new Map());
const waiting: string[] = [];
let under_way = 0;
const AT_ONCE = 3;

function next(): void {
  if (under_way >= AT_ONCE) return;
  const id = waiting.shift();
  if (id === undefined) return;
  under_way++;
  void ask<Params>("params", { model: id }).then((reply) => {
    under_way--;
    const text = reply.ok ? [reply.data.model_type, count(reply.data.total_parameters)].filter(Boolean).join(" · ") : "";
    known.value = new Map(known.value).set(id, text);
    next();
  });
}

function want(id: string): void {
  if (known.value.has(id) || waiting.includes(id)) return;
  waiting.push(id);
  next();
}

/* Rows that were scrolled past before their turn are left. */
function forget(id: string): void {
  const at = waiting.indexOf(id);
  if (at >= 0) waiting.splice(at, 1);
}

const ids = new WeakMap<Element, string>();
const watch = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const id = ids.get(entry.target);
    if (id !== undefined) (entry.isIntersecting ? want : forget)(id);
  }
});

export function ModelFacts({ id }: { id: string }) {
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    ids.set(element, id);
    watch.observe(element);
    return () => {
      watch.unobserve(element);
      forget(id);
    };
  }, [id]);
  return <span ref={place} class="row-facts">{known.value.get(id) ?? "\u00a0"}</span>;
}
