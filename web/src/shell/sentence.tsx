/* The answer as prose, with the numbers in it. If it does not fit, the cheapest change that makes it fit is a link. */
import type { ComponentChildren } from "preact";
import type { Fit } from "../api/types";
import { bytes, tokens } from "../format";
import { worstDevice } from "../parts/load";
import { Figure } from "../parts/Figure";
import { grows } from "../parts/limit";
import { option } from "../state/question";
import { words } from "../text";
import { whyOfQuantity } from "../state/whys";
import { applyChange, phrase } from "./changes";

type Part = ComponentChildren;

interface Told {
  model: string;
  format: string;
  needs: Part;
  capacity: Part;
  machine: string;
  load: string;
  spare: Part;
  reserve: Part;
}

const w = words({
  en: {
    load: (n: number, c: string) => ` for ${n} ${n === 1 ? "user" : "users"} at ${c} tokens`,
    machine: (n: number, gpu: string, mixed: boolean) => (n === 1 ? `one ${gpu}` : mixed ? `the ${gpu} among ${n} cards` : `each of ${n} × ${gpu}`),
    alone: (s: Told): Part => <>{s.model} in {s.format} takes {s.needs}{s.load}. Choose a card to see whether it fits.</>,
    fits: (s: Told): Part => <>{s.model} in {s.format} takes {s.needs} of the {s.capacity} on {s.machine}{s.load}. It fits with {s.spare} to spare; the reserve is {s.reserve}.</>,
    reserve: (s: Told): Part => <>{s.model} in {s.format} takes {s.needs} of the {s.capacity} on {s.machine}{s.load}. That leaves {s.spare}, less than the reserve of {s.reserve}.</>,
    over: (s: Told): Part => <>{s.model} in {s.format} needs {s.needs} on {s.machine}{s.load}, {s.spare} more than its {s.capacity}. It does not fit.</>,
    cure: (link: Part): Part => <> It would {link}.</>,
    with: (what: string) => `fit with ${what}`,
    none: " No single change makes it fit.",
  },
  zh: {
    load: (n: number, c: string) => `${n} 个并发、每个 ${c} token 时，`,
    machine: (n: number, gpu: string, mixed: boolean) => (n === 1 ? `单张 ${gpu} ` : mixed ? `最满的一张 ${gpu}（共 ${n} 张卡）` : `每张 ${gpu}（共 ${n} 张）`),
    alone: (s: Told): Part => <>{s.load}{s.model}（{s.format}）占用 {s.needs}。选择显卡即可知道是否放得下。</>,
    fits: (s: Told): Part => <>{s.load}{s.model}（{s.format}）占用{s.machine}的 {s.capacity} 中的 {s.needs}。放得下，还剩 {s.spare}；余量为 {s.reserve}。</>,
    reserve: (s: Told): Part => <>{s.load}{s.model}（{s.format}）占用{s.machine}的 {s.capacity} 中的 {s.needs}。只剩 {s.spare}，少于余量 {s.reserve}。</>,
    over: (s: Told): Part => <>{s.load}{s.model}（{s.format}）需要 {s.needs}，比{s.machine}的 {s.capacity} 多 {s.spare}。放不下。</>,
    cure: (link: Part): Part => <>{link}即可放下。</>,
    with: (what: string) => `调整为“${what}”`,
    none: "没有任何单项调整能使其放下。",
  },
});

function Cure({ fit }: { fit: Fit }) {
  const cure = fit.changes?.find((entry) => entry.fits);
  if (!cure) return <>{w().none}</>;
  return w().cure(
    <button type="button" class="link" onClick={() => applyChange(cure)}>{w().with(phrase(cure.option))}</button>,
  ) as never;
}

export function Sentence({ fit }: { fit: Fit }) {
  const device = worstDevice(fit);
  if (!device) return null;
  const reserve = fit.reserve_bytes ?? 0;
  const capacity = device.budget_bytes === undefined ? null : device.budget_bytes + reserve;
  const spare = capacity === null ? 0 : Math.abs(capacity - device.bytes);
  const figure = (value: number, quantity?: string, strong = false) => (
    <Figure name={quantity} exact={value} strong={strong} why={quantity ? whyOfQuantity("fit", quantity, bytes(value)) : undefined}>{bytes(value)}</Figure>
  );
  const told: Told = {
    model: fit.model.split("/").pop() ?? fit.model,
    format: fit.weights_format,
    needs: figure(device.bytes, "device_bytes", true),
    capacity: figure(capacity ?? 0, "budget"),
    machine: w().machine(fit.gpus, device.gpu ?? option("gpu"), fit.per_device.some((one) => one.gpu !== device.gpu)),
    load: grows(fit) ? w().load(fit.sequences, tokens(fit.context)) : "",
    spare: figure(spare),
    reserve: figure(reserve, "budget"),
  };
  if (capacity === null) return <p class="sentence">{w().alone(told)}</p>;
  const text = device.bytes > capacity ? w().over(told) : fit.fits === false ? w().reserve(told) : w().fits(told);
  return <p class="sentence">{text}{fit.fits === false && <Cure fit={fit} />}</p>;
}
