/* /api/v1/ranges: the commands and options as the server's own tables have them. */
import { signal } from "@preact/signals";
import { get } from "./client";

export interface Told {
  en: string;
  zh: string;
}

export interface OptionInfo {
  name: string;
  word: boolean;
  required: boolean;
  repeatable: boolean;
  value: string | null;
  schema: { type?: string | string[]; enum?: string[]; default?: unknown; minimum?: number; maximum?: number };
  about: Told;
}

export interface Ranges {
  version: string;
  data_digest: string;
  commands: { name: string; about: Told; options: OptionInfo[] }[];
}

export const ranges = signal<Ranges | null>(null);
const taken = new Map<string, Map<string, OptionInfo>>();

export async function loadRanges(): Promise<boolean> {
  const reply = await get<Ranges>("ranges");
  if (!reply.ok) return false;
  for (const command of reply.data.commands)
    taken.set(command.name, new Map(command.options.map((entry) => [entry.name, entry])));
  ranges.value = reply.data;
  return true;
}

export function takes(command: string, name: string): boolean {
  return taken.get(command)?.has(name) ?? false;
}

export function optionInfo(command: string, name: string): OptionInfo | undefined {
  return taken.get(command)?.get(name);
}
