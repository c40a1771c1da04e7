/* How far it goes, how fast, for how much: each with what stands behind it. */
import type { Fit, Interval } from "../api/types";
import { bytes, digits, seconds, whole } from "../format";
import { Figure } from "../parts/Figure";
import { limitText } from "../parts/limit";
import { worstDevice } from "../parts/load";
import type { Fact, WhyRequest } from "../parts/why";
import { whyOfQuantity } from "../state/whys";
import { words } from "../text";

const w = words({
  en: {
    longest: "longest context", most: "most users", speed: "tokens/s each", first: "first token", price: "price", hour: "/h",
    unlimited: "no limit", rule: "rule", longest_rule: (n: string) => `the longest context at which every device keeps within its budget, with ${n} at once`,
    most_rule: (c: string) => `the most sequences of ${c} tokens with which every device keeps within its budget`, budget: "budget",
    token: "one more token", fixed: "fixed a sequence", whole: "fullest device now", interval: "interval", bound: "bound by", more: "more",
    deploy: "Deploy has the formula with its numbers", provider: "provider", date: "as of", for: (n: number) => (n === 1 ? "one card" : `${n} cards`),
    bounds: { compute: "compute", bandwidth: "memory bandwidth", link: "the link between cards", overhead: "launch overhead" } as Record<string, string>,
  },
  zh: {
    longest: "最长上下文", most: "最大并发", speed: "每路 token/s", first: "首个 token", price: "价格", hour: "/小时",
    unlimited: "不限", rule: "规则", longest_rule: (n: string) => `${n} 个并发时，每个设备都不超出预算的最长上下文`,
    most_rule: (c: string) => `每个序列 ${c} token 时，每个设备都不超出预算的最大序列数`, budget: "预算",
    token: "每增加一个 token", fixed: "每个序列固定占用", whole: "当前最满设备", interval: "区间", bound: "受限于", more: "详情",
    deploy: "公式与代入数字见“部署”", provider: "提供商", date: "截至", for: (n: number) => `${n} 张卡`,
    bounds: { compute: "算力", bandwidth: "显存带宽", link: "卡间互联", overhead: "启动开销" } as Record<string, string>,
  },
});

function reachOf(fit: Fit, quantity: "max_context" | "max_sequences", title: string, value: string, rule: string): WhyRequest {
  const device = worstDevice(fit);
  const facts: Fact[] = [{ name: w().rule, value: rule }];
  if (device?.budget_bytes !== undefined) facts.push({ name: w().budget, value: bytes(device.budget_bytes) }, { name: w().whole, value: bytes(device.bytes) });
  if (fit.kv_bytes_per_token > 0) facts.push({ name: w().token, value: bytes(fit.kv_bytes_per_token) });
  if (fit.fixed_bytes_per_sequence) facts.push({ name: w().fixed, value: bytes(fit.fixed_bytes_per_sequence) });
  return { ...whyOfQuantity("fit", quantity, value), title, facts };
}

function speedOf(fit: Fit, title: string, interval: Interval, show: (n: number) => string, bound: string | undefined): WhyRequest {
  const facts: Fact[] = [{ name: w().interval, value: `${show(interval.low)} – ${show(interval.high)}` }];
  if (bound) facts.push({ name: w().bound, value: w().bounds[bound] ?? bound, from: fit.gpu?.name ?? "" });
  facts.push({ name: w().more, value: w().deploy });
  return { title, value: show(interval.best), basis: "heuristic", facts };
}

function Speed({ fit, title, interval, show, bound }: { fit: Fit; title: string; interval: Interval | null; show: (n: number) => string; bound?: string }) {
  if (!interval) return null;
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        <Figure why={speedOf(fit, title, interval, show, bound)}>{show(interval.best)}</Figure>
        <span class="between"> {show(interval.low)} – {show(interval.high)}</span>
      </dd>
    </div>
  );
}

function Price({ fit }: { fit: Fit }) {
  const price = fit.price;
  if (!price) return null;
  const shown = `$${price.usd_per_hour.toFixed(2)}`;
  const facts = [
    { name: w().provider, value: [price.provider, price.instance].filter(Boolean).join(", "), from: w().for(price.gpus) },
    { name: w().date, value: price.as_of },
  ];
  return <div data-figure="price"><dt>{w().price}</dt><dd><Figure why={{ title: w().price, value: shown + w().hour, facts, source: price.source }}>{shown}{w().hour}</Figure></dd></div>;
}

export function Limits({ fit }: { fit: Fit }) {
  const { max_context: context, max_sequences: sequences, speed } = fit;
  const known = typeof fit.fits === "boolean"; /* a card was named; null is then: nothing grows with it */
  return (
    <dl class="limits">
      {known && (
        <div><dt>{w().longest}</dt><dd>
          <Figure name="max_context" exact={context} why={reachOf(fit, "max_context", w().longest, limitText(context), w().longest_rule(whole(fit.sequences)))}>{limitText(context)}</Figure></dd></div>
      )}
      {known && (
        <div><dt>{w().most}</dt><dd>
          <Figure name="max_sequences" exact={sequences} why={reachOf(fit, "max_sequences", w().most, limitText(sequences), w().most_rule(whole(fit.context)))}>{limitText(sequences)}</Figure></dd></div>
      )}
      {speed && <Speed fit={fit} title={w().speed} interval={speed.tokens_per_second_per_sequence} show={digits} bound={speed.bound} />}
      {speed && <Speed fit={fit} title={w().first} interval={speed.time_to_first_token_s} show={seconds} />}
      <Price fit={fit} />
    </dl>
  );
}
