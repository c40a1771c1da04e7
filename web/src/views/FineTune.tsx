/* Fine-tune: every way to train side by side, what decides it, and the chosen one part by part. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get } from "../api/client";
import { bytes } from "../format";
import { Figure } from "../parts/Figure";
import { useFit } from "../state/answers";
import { option } from "../state/question";
import { words } from "../text";
import { Controls } from "./finetune/Controls";
import { Detail } from "./finetune/Detail";
import { Modes } from "./finetune/Modes";
import { chooseMode, chosenMode, useTrain } from "./finetune/train";
import type { Adapter, Mode, Optimizer, Train } from "./finetune/types";
import { whyOfMode } from "./finetune/whys";
import { listed, modeWord } from "./finetune/words";

type Part = ComponentChildren;

const w = words({
  en: {
    title: "Ways to train",
    machine: (n: number, gpu: string) => (n === 1 ? `one ${gpu}` : `each of ${n} × ${gpu}`),
    alone: (mode: string, takes: Part, most: string, all: Part): Part => <>{mode} takes least, {takes}; {most} most, {all}. Choose a card to see which fit.</>,
    some: (n: number, all: number, machine: string, budget: string, list: string): Part =>
      <>{n} of {all} ways fit on {machine}, of which {budget} may be used: {list}.</>,
    none: (machine: string, budget: string, mode: string, takes: Part): Part =>
      <>None fits on {machine}, of which {budget} may be used. {mode} comes nearest: it takes {takes}.</>,
    pending: "weighing…", refused: "They stand here as soon as the question can be answered.",
  },
  zh: {
    title: "训练方式",
    machine: (n: number, gpu: string) => (n === 1 ? `单张 ${gpu}` : ` ${n} × ${gpu} 中的每张卡`),
    alone: (mode: string, takes: Part, most: string, all: Part): Part => <>{mode} 占用最少，为 {takes}；{most} 最多，为 {all}。选择显卡即可知道哪些放得下。</>,
    some: (n: number, all: number, machine: string, budget: string, list: string): Part =>
      <>{all} 种方式中有 {n} 种可放入{machine}（可用 {budget}）：{list}。</>,
    none: (machine: string, budget: string, mode: string, takes: Part): Part =>
      <>没有一种方式能放入{machine}（可用 {budget}）。最接近的是{/^[A-Za-z]/.test(mode) ? " " : ""}{mode}：需要 {takes}。</>,
    pending: "称重中…", refused: "问题可以回答后，各种方式会列在这里。",
  },
});

function lightest(modes: readonly Mode[]): Mode | undefined {
  return modes.reduce<Mode | undefined>((best, mode) => (best && best.total_bytes <= mode.total_bytes ? best : mode), undefined);
}

function Summary({ train }: { train: Train }) {
  const fit = useFit();
  const least = lightest(train.modes);
  if (!least) return null;
  const figure = (mode: Mode) => <Figure strong why={whyOfMode(mode)}>{bytes(mode.total_bytes)}</Figure>;
  const budget = train.budget_bytes;
  if (budget === undefined) {
    const most = train.modes.reduce((best, mode) => (best.total_bytes >= mode.total_bytes ? best : mode), least);
    return <p class="lede">{w().alone(modeWord(least.mode), figure(least), modeWord(most.mode), figure(most))}</p>;
  }
  const machine = w().machine(train.gpus, fit.data?.gpu?.name ?? (option("gpu") || option("gpu-memory")));
  const fitting = train.modes.filter((mode) => mode.fits);
  const all = train.modes.length + (train.refused?.length ?? 0);
  return (
    <p class="lede">
      {fitting.length > 0
        ? w().some(fitting.length, all, machine, bytes(budget), listed(fitting.map((mode) => modeWord(mode.mode))))
        : w().none(machine, bytes(budget), modeWord(least.mode), figure(least))}
    </p>
  );
}

/* A list that the server has once and for all. */
function useList<T>(path: string, read: (reply: never) => readonly T[]): readonly T[] {
  const [list, setList] = useState<readonly T[]>([]);
  useEffect(() => {
    void get<never>(path).then((reply) => reply.ok && setList(read(reply.data)));
  }, [path]);
  return list;
}

export function FineTune() {
  const train = useTrain();
  const { data, problem } = train;
  const optimizers = useList<Optimizer>("optimizers", (reply: { optimizers: Optimizer[] }) => reply.optimizers);
  const adapters = useList<Adapter>("adapters", (reply: { adapters: Adapter[] }) => reply.adapters);
  const mode = data && chosenMode(data);
  return (
    <section class={`finetune ${train.late && data ? "late" : ""}`} data-view="finetune">
      <div class="train-ways">
        <h2>{w().title}</h2>
        {data ? <Summary train={data} /> : <p class="lede">{problem ? w().refused : w().pending}</p>}
        {data && <Modes train={data} chosen={mode?.mode ?? ""} choose={chooseMode} />}
      </div>
      <Controls train={data} problem={problem} optimizers={optimizers} adapters={adapters} />
      {data && mode && <Detail train={data} mode={mode} />}
    </section>
  );
}
