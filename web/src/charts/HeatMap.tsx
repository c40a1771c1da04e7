/* A field of cells over two log axes, with a frontier through it and the question's own place. One cell takes the focus; the arrow
 * keys walk, Enter asks. */
import { line } from "d3-shape";
import { useRef, useState } from "preact/hooks";
import { AxisBottom, AxisLeft, logScale, type Box, type Scale } from "./axes";

export interface Cell {
  x: number;
  y: number;
  level: string; /* class of its fill */
  text: string; /* in it, where there is room */
  title: string;
}

interface Axis {
  values: readonly number[]; /* rising, evenly in the log */
  show: (n: number) => string;
  title: string;
}

interface Props {
  width: number;
  height: number;
  x: Axis;
  y: Axis;
  cell: (x: number, y: number) => Cell | null;
  frontier: readonly { x: number; y: number }[];
  mark: { x: number; y: number } | null;
  onHover: (cell: Cell | null) => void;
  onPick: (x: number, y: number) => void;
}

/* The axis reaches half a step beyond its first and last value: a cell stands around its value. */
function around(values: readonly number[]): [number, number] {
  const [first = 1, second = 2] = values;
  const last = values[values.length - 1] ?? first;
  const half = Math.sqrt(second / first);
  return [first / half, last * half];
}

const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
};

function clampTo(n: number, count: number): number {
  return Math.max(0, Math.min(count - 1, n));
}

function nearestIndex(values: readonly number[], value: number): number {
  let best = 0;
  values.forEach((one, i) => {
    if (Math.abs(Math.log(one / value)) < Math.abs(Math.log((values[best] ?? 1) / value))) best = i;
  });
  return best;
}

function Frontier({ points, toX, toY, box }: { points: Props["frontier"]; toX: Scale; toY: Scale; box: Box }) {
  const d = line<{ x: number; y: number }>((p) => toX(Math.max(p.x, 1)), (p) => toY(p.y))([...points]) ?? "";
  return (
    <g aria-hidden="true" clip-path="url(#heat-clip)">
      <clipPath id="heat-clip"><rect x={box.left} y={box.top} width={box.right - box.left} height={box.bottom - box.top} /></clipPath>
      <path class="frontier-ground" d={d} />
      <path class="frontier" d={d} />
    </g>
  );
}

export function HeatMap({ width, height, x, y, cell, frontier, mark, onHover, onPick }: Props) {
  const box: Box = { left: 44, right: width - 8, top: 22, bottom: height - 38 };
  const toX = logScale(around(x.values), box.left, box.right);
  const toY = logScale(around(y.values), box.bottom, box.top);
  const [cellWidth, cellHeight] = [(box.right - box.left) / x.values.length, (box.bottom - box.top) / y.values.length];
  const [focus, setFocus] = useState<readonly [number, number] | null>(null);
  const place = useRef<SVGGElement>(null);
  const home = mark ? ([nearestIndex(x.values, mark.x), nearestIndex(y.values, mark.y)] as const) : ([0, 0] as const);
  const [column, row] = focus ?? home;
  const keys = (event: KeyboardEvent, cx: number, cy: number) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return onPick(cx, cy);
    }
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const to = [clampTo(column + step[0], x.values.length), clampTo(row + step[1], y.values.length)] as const;
    setFocus(to);
    place.current?.querySelector<SVGElement>(`[data-cell="${to[0]},${to[1]}"]`)?.focus();
  };
  return (
    <>
      <g ref={place} class="cells">
        {y.values.map((cy, r) => x.values.map((cx, c) => {
          const one = cell(cx, cy);
          if (!one) return null;
          const [left, top] = [box.left + c * cellWidth, box.bottom - (r + 1) * cellHeight];
          return (
            <g key={`${c},${r}`} class="cell" role="button" tabindex={c === column && r === row ? 0 : -1} data-cell={`${c},${r}`} aria-label={one.title}
              onClick={() => onPick(cx, cy)} onKeyDown={(event) => keys(event, cx, cy)}
              onFocus={() => { setFocus([c, r]); onHover(one); }} onBlur={() => { setFocus(null); onHover(null); }}
              onMouseEnter={() => onHover(one)} onMouseLeave={() => onHover(null)}>
              <rect class={one.level} x={left} y={top} width={Math.max(0, cellWidth - 1)} height={Math.max(0, cellHeight - 1)} />
            </g>
          );
        }))}
      </g>
      {frontier.length > 1 && <Frontier points={frontier} toX={logScale(around(x.values), box.left, box.right, true)} toY={toY} box={box} />}
      {cellWidth >= 34 && cellHeight >= 16 && (
        <g class="cell-texts" aria-hidden="true">
          {y.values.map((cy, r) => x.values.map((cx, c) => {
            const one = cell(cx, cy);
            return one && (
              <text key={`${c},${r}`} class={one.level} x={box.left + (c + 0.5) * cellWidth} y={box.bottom - (r + 0.5) * cellHeight}
                text-anchor="middle" dominant-baseline="central">{one.text}</text>
            );
          }))}
        </g>
      )}
      {mark && <rect class="here" x={toX(mark.x) - cellWidth / 2 - 1} y={toY(mark.y) - cellHeight / 2 - 1} width={cellWidth + 1} height={cellHeight + 1} aria-hidden="true" />}
      <AxisBottom box={box} at={toX} ticks={everyOther(x.values, cellWidth)} show={x.show} title={x.title} />
      <AxisLeft box={box} at={toY} ticks={y.values} show={y.show} title={y.title} grid={false} />
    </>
  );
}

/* Where columns are narrow every other one is named. */
function everyOther(values: readonly number[], room: number): number[] {
  return room >= 32 ? [...values] : values.filter((_, i) => i % 2 === 0);
}
