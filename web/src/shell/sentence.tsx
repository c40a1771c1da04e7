/* The answer as prose, with the numbers in it. If it does not fit, what makes it fit is a link, the cheapest first. */
import type { ComponentChildren } from "preact";
import type { Fit } from "../api/types";
import { bytes, tokens } from "../format";
import { worstDevice } from "../parts/load";
import { Figure } from "../parts/Figure";
import { grows } from "../parts/limit";
import { change, option } from "../state/question";
import { language, words } from "../text";
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
    cure: (links: Part): Part => <> It would fit with {links}.</>,
    or: ", or with ",
    both: (quant: string, cache: string) => `weights in ${quant} and the KV cache in ${cache}`,
    none: " No single change makes it fit.",
  },
  zh: {
    load: (n: number, c: string) => `${n} 个并发、每个 ${c} token 时，`,
    machine: (n: number, gpu: string, mixed: boolean) => (n === 1 ? `单张 ${gpu} ` : mixed ? `最满的一张 ${gpu}（共 ${n} 张卡）` : `每张 ${gpu}（共 ${n} 张）`),
    alone: (s: Told): Part => <>{s.load}{s.model}（{s.format}）占用 {s.needs}。选择显卡即可知道是否放得下。</>,
    fits: (s: Told): Part => <>{s.load}{s.model}（{s.format}）占用{s.machine}的 {s.capacity} 中的 {s.needs}。放得下，还剩 {s.spare}；余量为 {s.reserve}。</>,
    reserve: (s: Told): Part => <>{s.load}{s.model}（{s.format}）占用{s.machine}的 {s.capacity} 中的 {s.needs}。只剩 {s.spare}，少于余量 {s.reserve}。</>,
    over: (s: Told): Part => <>{s.load}{s.model}（{s.format}）需要 {s.needs}，比{s.machine}的 {s.capacity} 多 {s.spare}。放不下。</>,
    cure: (links: Part): Part => <>改为{links}即可放下。</>,
    or: "，或用",
    both: (quant: string, cache: string) => `权重 ${quant} 与 KV 缓存 ${cache}`,
    none: "没有任何单项调整能使其放下。",
  },
});

/* The cheapest change that is enough comes first in the API's list, more cards last. Where that is all, or nothing is, formats of
 * weights and cache together, and as many cards as it takes. */
function curesOf(fit: Fit): { text: string; apply: () => void }[] {
  const enough = (fit.changes ?? []).filter((entry) => entry.fits);
  const [first] = enough;
  const single = first && { text: phrase(first.option), apply: () => applyChange(first) };
  if (single && !first.option.startsWith("--gpus")) return [single];
  const { best, fewest_gpus: fewest = 0 } = fit;
  const formats = best && (best.quant !== fit.weights_format || best.kv_dtype !== fit.kv_dtype)
    && { text: w().both(best.quant, best.kv_dtype), apply: () => change({ quant: best.quant, "kv-dtype": best.kv_dtype, dtype: null }) };
  const cards = fewest > fit.gpus ? { text: phrase(`--gpus ${fewest}`), apply: () => change({ gpus: String(fewest), tp: null, pp: null }) } : single;
  return [formats, cards].filter((one): one is NonNullable<typeof single> => Boolean(one));
}

function Cure({ fit }: { fit: Fit }) {
  const links = curesOf(fit).map((one, i) => (
    <>{i > 0 && w().or}{language.value === "zh" && /^\d/.test(one.text) ? " " : ""}<button type="button" class="link" onClick={one.apply}>{one.text}</button></>
  ));
  return <>{links.length > 0 ? w().cure(<>{links}</>) : w().none}</>;
}

export function Sentence({ fit }: { fit: Fit }) {
  const device = worstDevice(fit);
  if (!device) return null;
  const { capacity_bytes: capacity, spare_bytes: spare = 0 } = device;
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
    spare: figure(Math.abs(spare)),
    reserve: figure(fit.reserve_bytes ?? 0, "budget"),
  };
  if (capacity === undefined) return <p class="sentence">{w().alone(told)}</p>;
  const text = spare < 0 ? w().over(told) : fit.fits === false ? w().reserve(told) : w().fits(told);
  return <p class="sentence">{text}{fit.fits === false && <Cure fit={fit} />}</p>;
}
