/* From a method's figure to the exact one, cause by cause. The axis is cut where the steps are small beside the figures, and says so. */
import { scaleLinear } from "d3-scale";
import { Frame } from "../../charts/Frame";
import { byteUnit } from "../../format";
import { words } from "../../text";
import type { Deviation } from "./types";
import { amount, signed } from "./words";

const w = words({
  en: {
    title: (method: string) => `Why does ${method} differ?`, exact: "exact", step: "step", amount: "amount", after: "then", cut: (from: string) => `axis from ${from}`,
    takes: "too much", adds: "left out",
  },
  zh: {
    title: (method: string) => `${method} 为何不同？`, exact: "精确值", step: "步骤", amount: "数值", after: "之后", cut: (from: string) => `坐标轴自 ${from} 起`,
    takes: "多算", adds: "漏算",
  },
});

interface Step {
  name: string;
  from: number;
  to: number;
  kind: "method" | "over" | "short" | "exact";
  label: string;
}

const ROW = 30;
const FOOT = 26;

/* Each cause that makes the figure larger is taken off, each that makes it smaller is put on; what is left is exact. */
function stepsOf(rule: Deviation): Step[] {
  let at = rule.figure;
  const causes = rule.causes.map((cause): Step => {
    const from = at;
    at -= cause.amount;
    return { name: cause.text, from, to: at, kind: cause.amount > 0 ? "over" : "short", label: signed(-cause.amount, rule.unit) };
  });
  return [
    { name: rule.method, from: 0, to: rule.figure, kind: "method", label: amount(rule.figure, rule.unit) },
    ...causes,
    { name: w().exact, from: 0, to: rule.exact, kind: "exact", label: amount(rule.exact, rule.unit) },
  ];
}

/* From nought, unless all that happens happens in the last sixth. */
function domainOf(steps: readonly Step[]): [number, number] {
  const ends = steps.flatMap((step) => (step.kind === "over" || step.kind === "short" ? [step.from, step.to] : [step.to]));
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const spread = Math.max(high - low, Math.abs(high) * 1e-9);
  if (low <= 0) return [Math.min(0, low), high];
  return spread < high / 6 ? [Math.max(0, low - spread * 0.5), high + spread * 0.05] : [0, high];
}

/* A long name is cut to what the room takes; the whole stands in its title. */
function cut(text: string, width: number): string {
  const fits = Math.floor([...text].reduce((room, letter) => room - (letter.charCodeAt(0) > 0x2e7f ? 12 : 6.6), width) >= 0 ? text.length : width / 6.6 - 1);
  return fits >= text.length ? text : `${text.slice(0, Math.max(4, fits))}…`;
}

/* Round in the unit that the largest one is shown in. */
function ticksOf(low: number, high: number, unit: string, many: number): number[] {
  const step = byteUnit.value === "GiB" ? 1024 : 1000;
  const one = unit === "bytes" ? step ** Math.floor(Math.log(high / 0.9995) / Math.log(step) + 1e-9) : 1;
  return scaleLinear([low / one, high / one], [0, 1]).ticks(many).map((tick) => tick * one);
}

function Bars({ steps, width, unit }: { steps: readonly Step[]; width: number; unit: string }) {
  const left = Math.min(220, Math.max(120, width * 0.34));
  const [low, high] = domainOf(steps);
  const x = scaleLinear([low, high], [left, width - 104]);
  const bottom = steps.length * ROW;
  const named = ticksOf(low, high, unit, width > 560 ? 4 : width > 420 ? 2 : 1).map((tick) => ({ tick, text: tick === 0 ? "0" : amount(tick, unit) }));
  const ticks = named.filter((one, i) => one.text !== named[i - 1]?.text); /* where the axis is short, three digits tell no more */
  return (
    <g>
      {ticks.map(({ tick, text }) => (
        <g key={tick}>
          <line class="grid" x1={x(tick)} x2={x(tick)} y1="0" y2={bottom} />
          <text x={x(tick)} y={bottom + 16} text-anchor="middle">{text}</text>
        </g>
      ))}
      {low > 0 && <text class="cut" x="0" y={bottom + 16}>{cut(w().cut(amount(low, unit)), left - 8)}</text>}
      {steps.map((step, i) => {
        const whole = step.kind === "method" || step.kind === "exact";
        const [a, b] = [whole ? x(low) : x(Math.min(step.from, step.to)), x(whole ? step.to : Math.max(step.from, step.to))];
        return (
          <g key={i} class={`step step-${step.kind}`} transform={`translate(0 ${i * ROW})`}>
            <title>{`${step.name}: ${step.label}`}</title>
            <text class="step-name" x={left - 10} y={ROW / 2 + 4} text-anchor="end">{cut(step.name, left - 12)}</text>
            <rect x={a} y="6" width={Math.max(1.5, b - a)} height={ROW - 12} />
            {i + 1 < steps.length && <line class="link-line" x1={x(step.to)} x2={x(step.to)} y1={ROW - 6} y2={ROW + 6} />}
            {low > 0 && whole && <path class="break" d={`M${left + 8},${4}l4,${ROW / 2 - 4}l-4,0l4,${ROW / 2 - 4}`} />}
            <text class="step-label" x={b + 6} y={ROW / 2 + 4}>{step.label}</text>
          </g>
        );
      })}
    </g>
  );
}

export function Waterfall({ rule, source }: { rule: Deviation; source: string }) {
  const steps = stepsOf(rule);
  return (
    <Frame title={w().title(rule.method)} name={`waterfall-${rule.question}-${rule.method}`} source={source} height={steps.length * ROW + FOOT}
      table={() => ({
        head: [w().step, w().amount, w().after],
        rows: steps.map((step) => [step.name, step.label, amount(step.to, rule.unit)]),
      })}>
      {(width) => <Bars steps={steps} width={width} unit={rule.unit} />}
    </Frame>
  );
}
