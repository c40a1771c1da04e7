/* Where it stops fitting, and what can be traded: memory against context, and context against concurrency. */
import { useMemo, useState } from "preact/hooks";
import { byteTicks, giBare, shortTokens } from "../../charts/axes";
import { Frame, type Table } from "../../charts/Frame";
import { HeatMap, type Cell } from "../../charts/HeatMap";
import { LineChart, type Series } from "../../charts/LineChart";
import { useLate } from "../../api/answer";
import type { Point } from "../../api/serving";
import type { Fit } from "../../api/types";
import { bytes, byteUnit, giga, whole } from "../../format";
import { worstDevice } from "../../parts/load";
import { grows, limitText } from "../../parts/limit";
import { fromPosition, toPosition } from "../../parts/scale";
import { rangeOf } from "../../state/controls";
import { change, option } from "../../state/question";
import { language, words } from "../../text";
import { spanOf, useField, type Field, type Span } from "./sweeps";

const HEIGHT = 344;

const w = words({
  en: {
    lines: "Where does it stop fitting?", grows: "How does memory grow with context?", heat: "What can I trade?", context: "context, tokens", users: "concurrency",
    of: (unit: string) => `${unit} of the fullest device`, capacity: (c: string) => `${c} a process can use`, reserve: "reserve",
    crossing: (c: string, n: string) => `${n} at once fit up to ${c} tokens: ask this`,
    hint_lines: "Click to ask what lies there.", hint_heat: "Click a cell to set both; the line is where it stops fitting.", hint_plain: "Click a cell to set both.",
    told: (c: string, n: string, b: string) => `${c} tokens × ${n}: ${b}`, fits: "fits", reserveOnly: "fits, but not with the reserve", over: "does not fit",
    near: (c: string, n: string) => `${n} at once, ${c} tokens`, longest: "longest context", mixed: "The question mixes lengths; the charts show equal ones.", constant: "This model keeps no cache: longer or more sequences do not weigh more.",
    source: (m: string, f: string, g: string) => `${m}, ${f}${g ? `, ${g}` : ""} · Weighbridge`,
  },
  zh: {
    lines: "到哪里就放不下了？", grows: "显存如何随上下文增长？", heat: "可以怎样取舍？", context: "上下文长度（token）", users: "并发",
    of: (unit: string) => `最满设备的 ${unit}`, capacity: (c: string) => `进程可用 ${c}`, reserve: "余量",
    crossing: (c: string, n: string) => `${n} 个并发最多 ${c} token：点击采用`,
    hint_lines: "点击图中位置即可采用。", hint_heat: "点击格子同时设定两者；线为放得下的边界。", hint_plain: "点击格子同时设定两者。",
    told: (c: string, n: string, b: string) => `${c} token × ${n}：${b}`, fits: "放得下", reserveOnly: "放得下，但达不到余量", over: "放不下",
    near: (c: string, n: string) => `${n} 个并发，${c} token`, longest: "最长上下文", mixed: "当前问题混合了多种长度；图中按等长绘制。", constant: "此模型没有缓存：序列变长或变多都不会增加占用。",
    source: (m: string, f: string, g: string) => `${m}，${f}${g ? `，${g}` : ""} · Weighbridge`,
  },
});

interface Props {
  fit: Fit;
  field: Field;
  span: Span;
}

export function sourceOf(fit: Fit): string {
  return w().source(fit.model, fit.weights_format, fit.gpu ? `${fit.gpus} × ${fit.gpu.name}` : "");
}

/* To the value that people would type. */
function snapped(name: string, value: number): string {
  const range = rangeOf(name);
  return String(fromPosition(range, toPosition(range, value)));
}

function seriesOf({ field }: Props): Series[] {
  return field.lines.map((one) => ({
    value: one.sequences,
    label: `×${one.sequences}`,
    own: one.own,
    points: one.points.map((p) => ({ x: p.context as number, y: p.device_bytes, low: p.low_bytes, high: p.high_bytes })),
    crossing: one.reach ? { x: one.reach, label: whole(one.reach), title: w().crossing(whole(one.reach), whole(one.sequences)) } : undefined,
  }));
}

function capacityOf(fit: Fit): { budget: number; capacity: number } | null {
  const { budget_bytes: budget, capacity_bytes: capacity } = worstDevice(fit) ?? {};
  return budget === undefined || capacity === undefined ? null : { budget, capacity };
}

/* Half as much again as there is; more where the present line begins above that. */
function topOf(series: readonly Series[], capacity: number | undefined): number {
  const own = series.find((one) => one.own)?.points ?? [];
  const first = own[0]?.y ?? 1;
  if (capacity !== undefined) return Math.max(capacity * 1.5, first * 1.25);
  return Math.max((own[own.length - 1]?.y ?? first) * 1.05, first * 1.25);
}

function linesTable({ field, span }: Props): Table {
  return {
    head: [w().context, ...field.lines.map((one) => `×${one.sequences}, ${byteUnit.value}`)],
    rows: [
      ...span.doublings.map((c) => [whole(c), ...field.lines.map((one) => {
        const point = one.points.find((p) => p.context === c);
        return point ? giga(point.device_bytes, 1) : "";
      })]),
      [w().longest, ...field.lines.map((one) => (one.reach === null ? "" : limitText(one.reach)))],
    ],
  };
}

function MemoryLines(props: Props) {
  const { fit, span } = props;
  const [hover, setHover] = useState<{ x: number; value: number } | null>(null);
  const series = seriesOf(props);
  const limits = capacityOf(fit);
  const top = topOf(series, limits?.capacity);
  const device = worstDevice(fit);
  const readout = hover ? w().near(whole(Number(snapped("context", hover.x))), whole(hover.value)) : w().hint_lines;
  return (
    <div>
      <Frame title={limits ? w().lines : w().grows} name="memory-by-context" source={sourceOf(fit)} height={HEIGHT} table={() => linesTable(props)}>
        {(width, height) => (
          <LineChart width={width} height={height} series={series} hover={hover} onHover={setHover}
            x={{ domain: [span.from, span.to], ticks: span.doublings, show: shortTokens, title: w().context }}
            y={{ top, ticks: byteTicks(top), show: giBare, title: w().of(byteUnit.value) }}
            level={limits ? { at: limits.capacity, label: w().capacity(bytes(limits.capacity)), limit: limits.budget, limitLabel: w().reserve } : undefined}
            mark={device && { x: fit.context, y: device.bytes, label: bytes(device.bytes) }}
            onPick={(x, sequences) => change({ context: Number.isInteger(x) ? String(x) : snapped("context", x), sequences: String(sequences || fit.sequences) })} />
        )}
      </Frame>
      <p class="readout">{readout}</p>
    </div>
  );
}

const SHADES = 6;

/* A shade for how full, hatched where only the reserve is missing, the alarm's where it does not fit. */
function levelOf(point: Point, limits: { budget: number; capacity: number } | null, least: number, largest: number): string {
  const share = limits ? point.device_bytes / limits.budget : Math.log(point.device_bytes / least) / Math.log(Math.max(2, largest / least));
  if (limits && point.device_bytes > limits.capacity) return "heat over";
  if (limits && point.fits === false) return "heat reserve";
  return `heat shade-${Math.max(1, Math.min(SHADES, Math.ceil(share * SHADES)))}`;
}

function verdict(level: string): string {
  return level.endsWith("over") ? w().over : level.endsWith("reserve") ? w().reserveOnly : w().fits;
}

/* At most four characters. */
function tight(value: number): string {
  const number = Number(giga(value, 3));
  if (number >= 9995) return `${Math.round(number / 1000)}k`;
  if (number >= 999.5) return `${(number / 1000).toFixed(1)}k`;
  return number.toFixed(number < 99.95 ? 1 : 0);
}

function heatTable({ field, span }: Props): Table {
  const users = rangeOf("sequences").ticks;
  return {
    head: [`${w().users} \\ ${w().context}`, ...span.doublings.map(shortTokens)],
    rows: users.map((n) => [whole(n), ...span.doublings.map((c) => {
      const point = field.at(c, n);
      return point ? `${giga(point.device_bytes, 1)}${point.fits === false ? " ✕" : ""}` : "";
    })]),
  };
}

function Trade(props: Props) {
  const { fit, field, span } = props;
  const [hover, setHover] = useState<Cell | null>(null);
  const limits = capacityOf(fit);
  const users = rangeOf("sequences").ticks;
  const least = field.at(span.from, users[0] ?? 1)?.device_bytes ?? 1;
  const largest = field.at(span.to, users[users.length - 1] ?? 1)?.device_bytes ?? 2;
  const cells = useMemo(() => users.map((y) => span.doublings.map((x): Cell | null => {
    const point = field.at(x, y);
    if (!point) return null;
    const level = levelOf(point, limits, least, largest);
    const title = w().told(whole(x), whole(y), bytes(point.device_bytes)) + (limits ? ` · ${verdict(level)}` : "");
    return { x, y, level, text: tight(point.device_bytes), title };
  })), [field.at, span.from, span.to, limits?.budget, limits?.capacity, language.value, byteUnit.value]);
  return (
    <div>
      <Frame title={w().heat} name="context-by-concurrency" source={sourceOf(fit)} height={HEIGHT} table={() => heatTable(props)}>
        {(width, height) => (
          <HeatMap width={width} height={height} cells={cells} onHover={setHover}
            x={{ values: span.doublings, show: shortTokens, title: w().context }} y={{ values: users, show: whole, title: `${w().users} · ${w().of(byteUnit.value)}` }}
            frontier={limits ? field.frontier.map((one) => ({ x: one.context, y: one.sequences })) : []}
            mark={{ x: fit.context, y: fit.sequences }} onPick={(x, y) => change({ context: String(x), sequences: String(y), mix: null })} />
        )}
      </Frame>
      <p class="readout">{hover?.title ?? (limits ? w().hint_heat : w().hint_plain)}</p>
    </div>
  );
}

export function Charts({ fit }: { fit: Fit }) {
  const span = spanOf(fit);
  const field = useField(fit, span);
  const props = { fit, field, span };
  if (!grows(fit)) return <p class="note">{w().constant}</p>;
  return (
    <section class={`charts ${useLate(field.pending) ? "waiting" : ""}`} data-part="charts">
      <MemoryLines {...props} />
      <Trade {...props} />
      {option("mix") && <p class="note">{w().mixed}</p>}
      {field.problem && <p class="note">{field.problem}</p>}
    </section>
  );
}
