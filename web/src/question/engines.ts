/* The engines and their releases that the server knows; an engine's own options. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, get } from "../api/client";
import { language } from "../text";

export interface EngineRow {
  name: string;
  like?: string;
  release: string;
  releases: string;
  allocation: string;
  option_count: number;
}

export interface EngineOption {
  name: string;
  default: string;
  aliases?: string;
}

const known = signal<EngineRow[]>([]);
const optionsOf = signal<Readonly<Record<string, EngineOption[]>>>({});
const asked = new Set<string>();
let listed = ""; /* the language in which the list was asked for */

export function useEngines(): EngineRow[] {
  useEffect(() => {
    if (listed === language.value) return;
    const inLanguage = (listed = language.value);
    void get<{ engines: EngineRow[] }>("engines").then((reply) => {
      if (reply.ok && listed === inLanguage) known.value = reply.data.engines;
    });
  }, [language.value]);
  return known.value;
}

export function useEngineOptions(engine: string): EngineOption[] {
  useEffect(() => {
    if (!engine || asked.has(engine)) return;
    asked.add(engine);
    void ask<{ options: EngineOption[] }>("engines", { engine }).then((reply) => {
      if (reply.ok) optionsOf.value = { ...optionsOf.value, [engine]: reply.data.options };
    });
  }, [engine]);
  return optionsOf.value[engine] ?? [];
}

/* Releases of one engine stand together: the family of "vllm_2025" is "vllm". */
export function familyOf(engines: readonly EngineRow[], name: string): string {
  const plain = name.replace(/[.-]/g, "_").replace(/@.*$/, "");
  const exact = engines.find((engine) => engine.name === plain);
  if (!exact) return plain;
  const alike = exact.allocation ? engines.filter((engine) => engine.allocation === exact.allocation) : [exact];
  return alike.map((engine) => engine.name).sort((a, b) => a.length - b.length)[0] ?? plain;
}

/* As a server lists it: "vllm@2025" is vllm_2025. */
export function engineName(text: string): string {
  return text.replace(/[.@-]/g, "_");
}
