/* Group 3: the cards and the engine. */
import { useEffect, useState } from "preact/hooks";
import { get } from "../api/client";
import { bytes } from "../format";
import { Choice } from "../parts/Choice";
import { Slider } from "../parts/Slider";
import { rangeOf } from "../state/controls";
import { useFit, useProblemOf } from "../state/answers";
import { change, option } from "../state/question";
import { words } from "../text";
import { More } from "./More";

const w = words({
  en: { card: "Card", none: "none: only weigh", cards: "Cards", engine: "Engine", generic: "generic" },
  zh: { card: "显卡", none: "无：只称重", cards: "卡数", engine: "推理引擎", generic: "通用" },
});

export function machineLine(): string {
  const gpu = option("gpu");
  return gpu ? `${option("gpus") || "1"} × ${gpu}` : w().none;
}

interface CardRow {
  vendor: string;
  name: string;
  vendor_bytes: number;
  bandwidth_gb_s?: number;
  year?: number;
}

const ENGINES = ["vllm", "sglang", "tensorrt-llm", "llama.cpp", "transformers"];

export function Machine() {
  const [cards, setCards] = useState<CardRow[]>([]);
  const fit = useFit();
  useEffect(() => {
    void get<{ gpus: CardRow[] }>("gpus").then((reply) => reply.ok && setCards(reply.data.gpus));
  }, []);
  const chosen = fit.data?.gpu?.name ?? option("gpu");
  return (
    <>
      <Choice label={w().card} name="gpu" value={option("gpu") ? chosen : ""} problem={useProblemOf("gpu")}
        entries={[{ value: "", text: w().none }, ...cards.map((card) => ({ value: card.name, text: `${card.name} · ${bytes(card.vendor_bytes)}` }))]}
        onChange={(value) => change({ gpu: value })} />
      <Slider label={w().cards} name="gpus" value={option("gpus")} fallback={fit.data?.gpus ?? 1} range={rangeOf("gpus")}
        problem={useProblemOf("gpus")} onChange={(value) => change({ gpus: value })} />
      <Choice label={w().engine} name="engine" value={option("engine")} problem={useProblemOf("engine")}
        entries={[{ value: "", text: w().generic }, ...ENGINES.map((value) => ({ value, text: value }))]}
        onChange={(value) => change({ engine: value, "engine-option": null })} />
      <More controls={[]} />
    </>
  );
}
