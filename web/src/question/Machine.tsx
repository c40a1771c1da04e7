/* Group 3: the cards and the engine. */
import { Slider } from "../parts/Slider";
import type { Fit } from "../api/types";
import { useOfFit, useProblemOf } from "../state/answers";
import { rangeOf, within } from "../state/controls";
import { change, option, view } from "../state/question";
import { words } from "../text";
import { CardSearch, LISTED } from "./CardSearch";
import { EngineChoice, engineWord, Reserve, useEngineRare } from "./Engine";
import { useEngines } from "./engines";
import { useParts } from "./model";
import { OfServing } from "./OfServing";
import { More } from "./More";
import { rare } from "./rare";
import { useTrain } from "../views/finetune/train";

const w = words({
  en: {
    cards: "Cards", none: "none: only weigh", listed: "The list of cards says how many.", no_card: "Choose a card first.", serving: "Of serving: training reads the card, how many and the reserve.",
    kept: "Reserve of training", kept_line: "The share of each card that training is to keep free.", percent: "%",
    tp: "Tensor parallel", pp: "Pipeline parallel", dp: "Replicas (dp)", cp: "Context parallel", dcp: "Decode cp",
    ep: "Spread experts over the ranks", layers: "Layers on cards", mig: "MIG slice", memory: "Memory of a card",
    no_experts: "This model has no routed experts.", all: "all",
  },
  zh: {
    cards: "卡数", none: "无：只称重", listed: "卡数由显卡列表给出。", no_card: "请先选择显卡。", serving: "仅用于推理服务：训练只看显卡、卡数与余量。",
    kept: "训练余量", kept_line: "训练时每张卡上留空的比例。", percent: "%",
    tp: "张量并行", pp: "流水线并行", dp: "副本数 (dp)", cp: "上下文并行", dcp: "解码 cp",
    ep: "专家分布到各 rank", layers: "放在卡上的层数", mig: "MIG 切片", memory: "单卡显存",
    no_experts: "此模型没有路由专家。", all: "全部",
  },
});

export function machineLine(): string {
  const card = option("gpu") || option("gpu-memory");
  const engine = option("engine") ? ` · ${engineWord([], option("engine"))}` : "";
  if (!card) return w().none + engine;
  return (LISTED.test(card) ? card : `${option("gpus") || "1"} × ${card}`) + engine;
}

const layoutOf = (fit: Fit | null) => fit && { gpus: fit.gpus, tp: fit.tp, pp: fit.pp };

/* Cards that are counted in their own list need no count. */
function Count() {
  const data = useOfFit(layoutOf);
  const listed = LISTED.test(option("gpu"));
  return (
    <Slider label={w().cards} name="gpus" value={option("gpus")} fallback={data?.gpus ?? 1} range={within(rangeOf("gpus"), 72)}
      problem={useProblemOf("gpus")} ignored={listed ? w().listed : undefined} onChange={(value) => change({ gpus: value })} />
  );
}

/* Training keeps a share free that is its own: 20 % unless it is said. */
function TrainingReserve() {
  const range = rangeOf("reserve", "train");
  const { problem } = useTrain();
  return (
    <Slider label={w().kept} about={w().kept_line} name="reserve" value={option("reserve")} fallback={20} unit={w().percent}
      range={within(range, range.ticks[range.ticks.length - 1] ?? range.max)} problem={problem?.field === "reserve" ? problem.detail : undefined}
      ignored={option("gpu") || option("gpu-memory") ? undefined : w().no_card} onChange={(value) => change({ reserve: value })} />
  );
}

export function Machine() {
  const data = useOfFit(layoutOf);
  const training = view.value === "finetune";
  useEngines();
  const has = useParts();
  const engine = useEngineRare();
  const fallback = (value: number | undefined) => (value === undefined ? undefined : String(value));
  const controls = [
    rare({ name: "tp", label: w().tp, fallback: fallback(data?.tp) }),
    rare({ name: "pp", label: w().pp, fallback: fallback(data?.pp) }),
    rare({ name: "dp", label: w().dp, fallback: "1" }),
    rare({ name: "cp", label: w().cp, fallback: "1" }),
    rare({ name: "dcp", label: w().dcp, fallback: "1" }),
    rare({ name: "gpu-layers", label: w().layers, fallback: w().all }),
    rare({ name: "mig", label: w().mig, text: true, ignored: option("gpu") ? undefined : w().no_card }),
    rare({ name: "gpu-memory", label: w().memory, text: true, besides: { gpu: null, mig: null } }),
    rare({ name: "expert-parallel", label: w().ep, whole: true, ignored: has && !has.experts ? w().no_experts : undefined }),
    ...engine,
  ];
  return (
    <>
      <CardSearch />
      <Count />
      {training && <TrainingReserve />}
      <OfServing note={w().serving}>
        <EngineChoice />
        {!training && <Reserve />}
        <More of="machine" controls={controls} />
      </OfServing>
    </>
  );
}
