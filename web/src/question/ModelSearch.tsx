/* The model's name: what the catalogue and the registry know, found while typing; or a size, "7B dense". */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, get } from "../api/client";
import type { Params } from "../api/types";
import { count } from "../format";
import { useFit } from "../state/answers";
import { optionList } from "../state/question";
import { busy } from "../state/settled";
import { words } from "../text";
import { Combobox, type Item } from "./Combobox";
import { matching } from "./match";
import { ModelFacts } from "./ModelFacts";
import { recentModels } from "./recent";

export interface Found {
  id: string;
  name?: string;
  source: string;
}

const w = words({
  en: {
    label: "Model", none: "Nothing of that name. A size works too: 7B, 671B with 37B active.", recent: "Recent", sizes: "Or a size",
    all: "Catalogue", hint: "name, or a size such as 7B",
    sources: { registry: "registry", sent: "sent" } as Record<string, string>,
  },
  zh: {
    label: "模型", none: "没有此名称的模型。也可以输入规模：7B、671B 激活 37B。", recent: "最近使用", sizes: "或按规模",
    all: "模型库", hint: "名称，或规模，如 7B",
    sources: { registry: "登记库", sent: "已发送" } as Record<string, string>,
  },
});

const SIZES = words({
  en: ["7B dense", "671B with 37B active", "8x7B", "CNN 25M"],
  zh: ["7B 稠密", "671B 激活 37B", "8x7B", "CNN 25M"],
});

/* What may be read as a size: the server says whether it is one. */
const SIZE = /^\s*(?:cnn|moe)?\s*\d[\d.,x]*\s*[KMBT万亿]/i;
const LISTED = 1000; /* more than those the server searches by itself */
const SHOWN = 40;
const PAUSE = 150; /* ms: "32" on the way to "32B" is not asked about */

function itemOf(found: Found): Item {
  const source = w().sources[found.source];
  return {
    key: found.id,
    main: found.name ?? found.id,
    aside: <>{source && `${source} · `}<ModelFacts id={found.id} /></>,
  };
}

/* The names, asked for when the list first opens; beyond LISTED also what the server finds by a part of the name. */
function useModels(): { models: Found[]; search: (text: string) => void; busy: boolean } {
  const [models, setModels] = useState<Found[]>([]);
  const [busy, setBusy] = useState(true);
  const total = useRef(0);
  const search = (text: string) => {
    if (text && total.current <= LISTED) return;
    const path = text ? `models?limit=${SHOWN}&q=${encodeURIComponent(text.trim())}` : `models?limit=${LISTED}`;
    void get<{ models: Found[]; total: number }>(path).then((reply) => {
      setBusy(false);
      if (!reply.ok) return;
      if (!text) total.current = reply.data.total;
      setModels((old) => [...new Map([...(text ? old : []), ...reply.data.models].map((one) => [one.id, one])).values()]);
    });
  };
  return { models, search, busy };
}

/* "7B" as the server reads it: its type and count; null where it is no size. */
function useSize(text: string): Item | null {
  const [item, setItem] = useState<Item | null>(null);
  const wanted = useRef("");
  useEffect(() => {
    const typed = SIZE.test(text) ? text.trim() : "";
    wanted.current = typed;
    setItem(null);
    if (!typed) return undefined;
    const ended = busy();
    const timer = window.setTimeout(() => void ask<Params>("params", { model: typed }).then((reply) => {
      if (!reply.ok || wanted.current !== typed) return;
      setItem({ key: typed, main: typed, heading: w().sizes,
        aside: [reply.data.model_type, count(reply.data.total_parameters)].filter(Boolean).join(" · ") });
    }).finally(ended), PAUSE);
    return () => {
      window.clearTimeout(timer);
      ended();
    };
  }, [text]);
  return item;
}

function opening(models: readonly Found[]): Item[] {
  const known = new Map(models.map((one) => [one.id, one]));
  const recent = recentModels().map((id, i): Item => ({
    ...itemOf(known.get(id) ?? { id, source: "" }), heading: i === 0 ? w().recent : undefined }));
  const sizes = SIZES().map((size, i): Item => ({ key: size, main: size, heading: i === 0 ? w().sizes : undefined }));
  const seen = new Set(recent.map((item) => item.key));
  const rest = models.filter((one) => !seen.has(one.id)).map(itemOf);
  return [...recent, ...sizes, ...rest.map((item, i) => (i === 0 ? { ...item, heading: w().all } : item))];
}

/* Names first where one is meant exactly, else the size. */
function found(text: string, models: readonly Found[], size: Item | null): Item[] {
  const named = matching(text, models, (one) => (one.name ? [one.id, one.name] : [one.id]), SHOWN).map(itemOf);
  return size ? [size, ...named.map((item, i) => (i === 0 ? { ...item, heading: w().all } : item))] : named;
}

/* What is wrong with a dimension is told at the dimension. */
function ofDimension(detail: string): boolean {
  return optionList("set").some((entry) => detail.includes(`\`${entry.split("=")[0] ?? ""}\``));
}

interface Props {
  id?: string;
  name: string; /* of the option */
  called?: string; /* a label that is seen */
  label: string; /* what the field holds while nothing is searched for */
  hint?: string; /* where it holds nothing: then it can be emptied */
  note?: ComponentChildren;
  onTake: (key: string) => void;
}

export function ModelSearch({ id, name, called, label, hint, note, onTake }: Props) {
  const { models, search, busy } = useModels();
  const { problem } = useFit();
  const [text, setText] = useState("");
  const size = useSize(text);
  return (
    <Combobox {...(id && { id })} name={name} label={called ?? w().label} shown={called !== undefined} value={label} placeholder={hint ?? w().hint}
      busy={busy} items={() => (text.trim() ? found(text, models, size) : [...(hint ? [{ key: "", main: hint }] : []), ...opening(models)])} none={w().none}
      problem={problem?.field === name && !ofDimension(problem.detail) ? problem.detail : undefined} note={note}
      onSearch={(typed) => { setText(typed); search(typed.trim()); }} onTake={onTake} />
  );
}
