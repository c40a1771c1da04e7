/* Scales and axes: where values stand, which are named, and the lines that name them. */
import { scaleLinear, scaleLog } from "d3-scale";
import { byteUnit, giga, tokens } from "../format";

export interface Scale {
  (value: number): number;
  invert(at: number): number;
}

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/* `free` goes on beyond its ends, for lines that are cut there. */
export function logScale(domain: readonly [number, number], from: number, to: number, free = false): Scale {
  return scaleLog([...domain], [from, to]).base(2).clamp(!free);
}

export function linearScale(domain: readonly [number, number], from: number, to: number, free = false): Scale {
  return scaleLinear([...domain], [from, to]).clamp(!free);
}

/* Round amounts of memory from zero up, about `wanted` of them: powers of two in GiB, 1-2-5 in GB. */
export function byteTicks(top: number, wanted = 5): number[] {
  const binary = byteUnit.value === "GiB";
  const unit = binary ? 2 ** 30 : 1e9;
  const raw = Math.max(top / wanted / unit, 1e-6);
  let step: number;
  if (binary) step = 2 ** Math.round(Math.log2(raw));
  else {
    const power = 10 ** Math.floor(Math.log10(raw));
    step = power * ([1, 2, 5, 10].find((n) => n * power >= raw * 0.8) ?? 10);
  }
  const ticks: number[] = [];
  for (let at = 0; at * unit <= top * 1.0001; at += step) ticks.push(at * unit);
  return ticks;
}

/* On an axis whose unit stands at its head. */
export function giBare(value: number): string {
  const number = Number(giga(value, 3));
  return String(number);
}

/* Of the ticks those that leave each other room. */
export function roomy(ticks: readonly number[], at: (value: number) => number, room: number): number[] {
  const kept: number[] = [];
  for (const tick of ticks) {
    const last = kept[kept.length - 1];
    if (last === undefined || Math.abs(at(tick) - at(last)) >= room) kept.push(tick);
  }
  return kept;
}

/* 1048576 → 1M: room is short on an axis. */
export function shortTokens(value: number): string {
  return value >= 2 ** 20 && value % 2 ** 20 === 0 ? `${value / 2 ** 20}M` : tokens(value);
}

interface AxisProps {
  box: Box;
  at: (value: number) => number;
  ticks: readonly number[];
  show: (value: number) => string;
  title: string;
}

export function AxisBottom({ box, at, ticks, show, title }: AxisProps) {
  return (
    <g aria-hidden="true">
      <line class="axis" x1={box.left} x2={box.right} y1={box.bottom} y2={box.bottom} />
      {ticks.map((tick) => (
        <g key={tick}>
          <line class="axis" x1={at(tick)} x2={at(tick)} y1={box.bottom} y2={box.bottom + 4} />
          <text x={at(tick)} y={box.bottom + 16} text-anchor="middle">{show(tick)}</text>
        </g>
      ))}
      <text class="axis-title" x={box.right} y={box.bottom + 32} text-anchor="end">{title}</text>
    </g>
  );
}

export function AxisLeft({ box, at, ticks, show, title, grid = true }: AxisProps & { grid?: boolean }) {
  return (
    <g aria-hidden="true">
      {ticks.map((tick) => (
        <g key={tick}>
          {grid && tick > 0 && <line class="grid" x1={box.left} x2={box.right} y1={at(tick)} y2={at(tick)} />}
          <text x={box.left - 6} y={at(tick)} text-anchor="end" dominant-baseline="central">{show(tick)}</text>
        </g>
      ))}
      <text class="axis-title" x={0} y={10}>{title}</text>
    </g>
  );
}

