/* Amounts side by side, the largest first: name, bar, amount. Each row may open its why. */
import { scaleLinear } from "d3-scale";

export interface Bar {
  key: string;
  label: string;
  value: number;
  text: string;
  tone: string;
  onOpen?: () => void;
}

const ROW = 28;
const LETTER = 6.7;

export function barsHeight(count: number): number {
  return count * ROW;
}

export function Bars({ bars, width }: { bars: readonly Bar[]; width: number }) {
  const left = Math.min(width * 0.4, 16 + LETTER * Math.max(4, ...bars.map((bar) => bar.label.replace(/[^\x00-\x7f]/g, "WW").length)));
  const right = 8 + LETTER * Math.max(4, ...bars.map((bar) => bar.text.length));
  const scale = scaleLinear([0, Math.max(1, ...bars.map((bar) => bar.value))], [0, Math.max(8, width - left - right - 8)]);
  return (
    <g class="bars-chart">
      {bars.map((bar, i) => (
        <g key={bar.key} transform={`translate(0 ${i * ROW})`} class="bar"
          {...(bar.onOpen && {
            role: "button",
            tabindex: 0,
            "aria-label": `${bar.label}: ${bar.text}`,
            onClick: bar.onOpen,
            onKeyDown: (event: KeyboardEvent) => {
              if (event.key !== "Enter" && event.key !== " ") return;
              event.preventDefault();
              bar.onOpen?.();
            },
          })}>
          <rect class="bar-row-ground" x={0} y={1} width={width} height={ROW - 2} />
          <text class="bar-label" x={4} y={18}>{bar.label}</text>
          <rect class={bar.tone} x={left} y={6} width={Math.max(1, scale(bar.value))} height={ROW - 12} />
          <text class="bar-value" x={left + scale(bar.value) + 8} y={18}>{bar.text}</text>
        </g>
      ))}
    </g>
  );
}
