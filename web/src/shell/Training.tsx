/* The strip while training is looked at: the chosen way to train, as prose and as a load. */
import type { ComponentChildren } from "preact";
import { bytes, count, percent, tokens } from "../format";
import { Figure } from "../parts/Figure";
import { openWhy } from "../parts/why";
import { useFit } from "../state/answers";
import { option } from "../state/question";
import { words } from "../text";
import { chooseMode, chosenMode, loadOfMode, useTrain } from "../views/finetune/train";
import type { Mode, Train } from "../views/finetune/types";
import { whyOfMode, whyOfPart, whyOfTrained } from "../views/finetune/whys";
import { modeWord } from "../views/finetune/words";
import { LegendOf, StripFrame } from "./StripFrame";

type Part = ComponentChildren;

interface Told {
  kind: string;
  model: string;
  load: string;
  machine: string;
  needs: Part;
  capacity: Part;
  spare: Part;
  reserve: Part;
}

const w = words({
  en: {
    kind: (mode: string, word: string) => (mode === "pretrain" ? "Pre-training" : `${word} training`),
    load: (n: number, c: string) => `at batch ${n} and ${c} tokens`,
    machine: (n: number, gpu: string) => (n === 1 ? `one ${gpu}` : `each of ${n} × ${gpu}`),
    alone: (s: Told): Part => <>{s.kind} of {s.model} takes {s.needs} {s.load}. Choose a card to see whether it fits.</>,
    fits: (s: Told): Part => <>{s.kind} of {s.model} takes {s.needs} of the {s.capacity} on {s.machine} {s.load}. It fits with {s.spare} to spare; the reserve is {s.reserve}.</>,
    reserve: (s: Told): Part => <>{s.kind} of {s.model} takes {s.needs} of the {s.capacity} on {s.machine} {s.load}. That leaves {s.spare}, less than the reserve of {s.reserve}.</>,
    over: (s: Told): Part => <>{s.kind} of {s.model} needs {s.needs} on {s.machine} {s.load}, {s.spare} more than its {s.capacity}. It does not fit.</>,
    cure: (link: Part): Part => <> {link} would.</>,
    trains: "trains", of: (all: string, share: string) => `of ${all}, ${share}`, weighing: "weighing…",
  },
  zh: {
    kind: (mode: string, word: string) => (mode === "pretrain" ? "预训练" : /[a-z]$/i.test(word) ? `${word} 训练` : `${word}训练`),
    load: (n: number, c: string) => `批大小 ${n}、序列 ${c} token 时`,
    machine: (n: number, gpu: string) => (n === 1 ? `单张 ${gpu} ` : `每张 ${gpu}（共 ${n} 张）`),
    alone: (s: Told): Part => <>{s.load}，{s.model}（{s.kind}）占用 {s.needs}。选择显卡即可知道是否放得下。</>,
    fits: (s: Told): Part => <>{s.load}，{s.model}（{s.kind}）占用{s.machine}的 {s.capacity} 中的 {s.needs}。放得下，还剩 {s.spare}；余量为 {s.reserve}。</>,
    reserve: (s: Told): Part => <>{s.load}，{s.model}（{s.kind}）占用{s.machine}的 {s.capacity} 中的 {s.needs}。只剩 {s.spare}，少于余量 {s.reserve}。</>,
    over: (s: Told): Part => <>{s.load}，{s.model}（{s.kind}）需要 {s.needs}，比{s.machine}的 {s.capacity} 多 {s.spare}。放不下。</>,
    cure: (link: Part): Part => <>改用 {link} 即可放下。</>,
    trains: "可训练", of: (all: string, share: string) => `共 ${all}，占 ${share}`, weighing: "称重中…",
  },
});

/* The same aim with less memory, dearest first. */
const LIGHTER = ["lora", "qlora8", "qlora4"];

function Cure({ train, mode }: { train: Train; mode: Mode }) {
  const aims = mode.mode === "full" ? LIGHTER : LIGHTER.slice(LIGHTER.indexOf(mode.mode) + 1 || LIGHTER.length);
  const cure = aims.map((name) => train.modes.find((one) => one.mode === name)).find((one) => one?.fits);
  if (!cure) return null;
  return <>{w().cure(<button type="button" class="link" onClick={() => chooseMode(cure.mode)}>{modeWord(cure.mode)}</button>)}</>;
}

function Sentence({ train, mode }: { train: Train; mode: Mode }) {
  const { usable_bytes: usable, reserve_bytes: reserve } = train;
  const { spare_bytes: spare = 0 } = mode;
  const gpu = useFit().data?.gpu?.name ?? (option("gpu") || option("gpu-memory"));
  const figure = (value: number) => <Figure exact={value}>{bytes(value)}</Figure>;
  const told: Told = {
    kind: w().kind(mode.mode, modeWord(mode.mode)), model: train.model.split("/").pop() ?? train.model,
    load: w().load(train.batch, tokens(train.sequence)), machine: w().machine(train.gpus, gpu),
    needs: <Figure strong exact={mode.total_bytes} why={whyOfMode(mode)}>{bytes(mode.total_bytes)}</Figure>,
    capacity: figure(usable ?? 0), spare: figure(Math.abs(spare)), reserve: figure(reserve ?? 0),
  };
  if (usable === undefined) return <p class="sentence">{w().alone(told)}</p>;
  const text = spare < 0 ? w().over(told) : mode.fits ? w().fits(told) : w().reserve(told);
  return <p class="sentence">{text}{mode.fits === false && <Cure train={train} mode={mode} />}</p>;
}

function Trained({ mode }: { mode: Mode }) {
  return (
    <dl class="limits">
      <div><dt>{w().trains}</dt><dd>
        <Figure why={whyOfTrained(mode)}>{count(mode.trainable_parameters)}</Figure>{" "}
        <span class="between">{w().of(count(mode.total_parameters), percent(mode.trainable_share, 2))}</span>
      </dd></div>
    </dl>
  );
}

export function TrainingStrip() {
  const train = useTrain();
  const { data, problem } = train;
  const mode = data && chosenMode(data);
  if (!data || !mode) return <StripFrame problem={problem} sentence={<p class="sentence">{w().weighing}</p>} />;
  const why = (name: string) => {
    const part = mode.components.find((one) => one.name === name);
    if (part) openWhy(whyOfPart(mode, part));
  };
  return (
    <StripFrame late={train.late} problem={problem} sentence={<Sentence train={data} mode={mode} />}
      rows={[{ key: mode.mode, load: loadOfMode(data, mode), label: modeWord(mode.mode), alike: 1, onWhy: why }]}
      foot={<><LegendOf parts={mode.components} whyOf={(part) => whyOfPart(mode, part)} /><Trained mode={mode} /></>} />
  );
}
