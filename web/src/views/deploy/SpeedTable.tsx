/* How fast, as bounds: a prompt, a step, and what binds each. */
import { useAnswer } from "../../api/answer";
import { ranges } from "../../api/ranges";
import type { Pass, Speed, Told } from "../../api/serving";
import type { Fit } from "../../api/types";
import { digits, seconds, whole } from "../../format";
import { Figure } from "../../parts/Figure";
import type { Fact } from "../../parts/why";
import { shownOptions } from "../../state/answers";
import { bodyFor } from "../../state/question";
import { words } from "../../text";
import { reachable } from "../../parts/reachable";

const w = words({
  en: {
    title: "Speed", phase: "", best: "expected", interval: "between", bound: "bound by", need: "Choose a card to see how fast it could be.", unknown: "not known of this card",
    rows: { first: "first token, one prompt", all: "first tokens, all prompts", prompt: "prompt tokens/s", step: "each output token", each: "output tokens/s each", together: "output tokens/s together" },
    bounds: { compute: "compute", bandwidth: "bandwidth", link: "link", overhead: "overhead", unknown: "unknown" } as Record<string, string>,
    parts: { compute_s: "compute", memory_s: "memory", link_s: "link", overhead_s: "overhead" }, time: "Where the time goes", pass: "prompt", token: "step",
    turning: (n: string) => `From ${n} sequences the products with weights are bound by compute: more users then cost speed.`, formula: "formula", numbers: "with numbers", share: "share reached", rate: "rate",
  },
  zh: {
    title: "速度", phase: "", best: "预期", interval: "区间", bound: "受限于", need: "选择显卡即可知道速度。", unknown: "该卡缺少数据",
    rows: { first: "首个 token（单个提示）", all: "首个 token（全部提示）", prompt: "提示 token/s", step: "每个输出 token", each: "每路输出 token/s", together: "合计输出 token/s" },
    bounds: { compute: "算力", bandwidth: "显存带宽", link: "互联", overhead: "开销", unknown: "未知" } as Record<string, string>,
    parts: { compute_s: "计算", memory_s: "访存", link_s: "互联", overhead_s: "开销" }, time: "时间花在哪里", pass: "提示", token: "单步",
    turning: (n: string) => `并发达到 ${n} 时，与权重的乘积开始受限于算力：此后用户越多越慢。`, formula: "公式", numbers: "代入数字", share: "实际达到比例", rate: "速率",
  },
});

type RowName = keyof ReturnType<typeof w>["rows"];

function factsOf(told: Told, speed: Speed, show: (n: number) => string): Fact[] {
  const facts: Fact[] = [{ name: w().interval, value: `${show(told.low)} – ${show(told.high)}` }];
  if (told.formula) facts.push({ name: w().formula, value: told.formula });
  if (told.numbers) facts.push({ name: w().numbers, value: told.numbers });
  for (const share of speed.shares ?? []) facts.push({ name: `${w().share}: ${w().bounds[share.name] ?? share.name}`, value: `${share.best} (${share.low} – ${share.high})`, from: share.source });
  if (speed.gpu?.source) facts.push({ name: w().rate, value: `${speed.gpu.compute_tflops ?? "?"} TFLOPS, ${speed.gpu.bandwidth_gb_s ?? "?"} GB/s`, from: speed.gpu.source });
  return facts;
}

/* Until the answer is there the rows stand empty, so that nothing moves. */
function Row({ name, told, bound, speed, show }: { name: RowName; told: Told | null | undefined; bound?: string | undefined; speed: Speed | null; show: (n: number) => string }) {
  const title = w().rows[name];
  if (!speed) return <tr data-speed={name}><th scope="row">{title}</th><td class="number">{"\u00a0"}</td><td /><td /></tr>;
  return (
    <tr data-speed={name}>
      <th scope="row">{title}</th>
      {!told ? <td colSpan={3} class="muted">{w().unknown}</td> : (
        <>
          <td class="number"><Figure basis={told.basis} why={{ title, value: show(told.best), basis: told.basis, facts: factsOf(told, speed, show) }}>{show(told.best)}</Figure></td>
          <td class="number muted">{show(told.low)} – {show(told.high)}</td>
          <td>{bound && (w().bounds[bound] ?? bound)}</td>
        </>
      )}
    </tr>
  );
}

const PARTS = ["compute_s", "memory_s", "link_s", "overhead_s"] as const;

/* The parts of a pass's time, to its own scale. */
function TimeBar({ name, pass, told }: { name: string; pass: Pass | undefined; told: Told | null | undefined }) {
  const total = pass ? PARTS.reduce((sum, part) => sum + pass[part].best, 0) : 0; /* of the bar's width alone */
  if (!pass || !told || !(total > 0)) return <div class="time"><span class="muted">{name}</span></div>;
  let from = 0;
  return (
    <div class="time">
      <span class="muted">{name}</span>
      <svg width="100%" height="10" role="img" aria-label={PARTS.map((part) => `${w().parts[part]} ${seconds(pass[part].best)}`).join(", ")}>
        {PARTS.map((part) => {
          const [x, width] = [from, pass[part].best / total];
          from += width;
          return width > 0 && <rect key={part} class={`t-${part}`} x={`${100 * x}%`} width={`${100 * width}%`} y="0" height="10"><title>{w().parts[part]} {seconds(pass[part].best)}</title></rect>;
        })}
      </svg>
      <span class="mono">{seconds(told.best)}</span>
    </div>
  );
}

export function SpeedTable({ fit }: { fit: Fit }) {
  const { data } = useAnswer<Speed>("speed", ranges.value && fit.gpu ? bodyFor("speed", shownOptions.value) : null);
  return (
    <section data-part="speed">
      <h2>{w().title}</h2>
      {!fit.gpu && <p class="muted">{w().need}</p>}
      {fit.gpu && (
        <>
          <div class="wide" ref={reachable}>
            <table class="rows reflow">
              <thead><tr><th scope="col"><span class="unseen">{w().title}</span></th><th scope="col" class="number">{w().best}</th><th scope="col" class="number">{w().interval}</th><th scope="col">{w().bound}</th></tr></thead>
              <tbody>
                <Row name="first" told={data?.time_to_first_token_s} bound={data?.prompt_bound} speed={data} show={seconds} />
                <Row name="all" told={data?.time_to_first_token_all_s} speed={data} show={seconds} />
                <Row name="prompt" told={data?.prompt_tokens_per_second} speed={data} show={digits} />
                <Row name="step" told={data?.time_per_output_token_s} bound={data?.bound} speed={data} show={seconds} />
                <Row name="each" told={data?.tokens_per_second_per_sequence} speed={data} show={digits} />
                <Row name="together" told={data?.tokens_per_second} speed={data} show={digits} />
              </tbody>
            </table>
          </div>
          <h3 class="sub">{w().time}</h3>
          <TimeBar name={w().pass} pass={data?.prompt_pass} told={data?.time_to_first_token_s} />
          <TimeBar name={w().token} pass={data?.step} told={data?.time_per_output_token_s} />
          <ul class="legend">{PARTS.map((part) => <li key={part}><span class={`swatch t-${part}`} aria-hidden="true" />{w().parts[part]}</li>)}</ul>
          <p class="note">{typeof data?.weights_turning_batch === "number" ? w().turning(whole(data.weights_turning_batch)) : "\u00a0"}</p>
        </>
      )}
    </section>
  );
}
