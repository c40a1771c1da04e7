/* A field of cells over two log axes, with a frontier through it and the question's own place. One cell takes the focus; the arrow
 * keys walk, Enter asks. */
import { line } from "d3-shape";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
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

/* Rows of cells from below, as the axes have their values; null: nothing is known there. */
export type Grid = readonly (readonly (Cell | null)[])[];

interface Props {
  width: number;
  height: number;
  x: Axis;
  y: Axis;
  cells: Grid; /* the same object while nothing in it changes: then nothing of it is drawn anew */
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

interface Layout {
  box: Box;
  cellWidth: number;
  cellHeight: number;
}

function Cells({ cells, box, cellWidth, cellHeight }: Layout & { cells: Grid }) {
  return useMemo(() => (
    <>
      {cells.map((row, r) => row.map((one, c) => one && (
        <rect key={`${c},${r}`} class={`cell ${one.level}`} role="button" tabindex={-1} data-cell={`${c},${r}`} aria-label={one.title}
          x={box.left + c * cellWidth} y={box.bottom - (r + 1) * cellHeight} width={Math.max(0, cellWidth - 1)} height={Math.max(0, cellHeight - 1)} />
      )))}
    </>
  ), [cells, box.right, box.bottom]);
}

function Texts({ cells, box, cellWidth, cellHeight }: Layout & { cells: Grid }) {
  return useMemo(() => (
    <g class="cell-texts" aria-hidden="true">
      {cells.map((row, r) => row.map((one, c) => one && (
        <text key={`${c},${r}`} class={one.level} x={box.left + (c + 0.5) * cellWidth} y={box.bottom - (r + 0.5) * cellHeight}
          text-anchor="middle" dominant-baseline="central">{one.text}</text>
      )))}
    </g>
  ), [cells, box.right, box.bottom]);
}

/* Which cell an event is of: its column and row. */
function cellOf(event: Event): readonly [number, number] | null {
  const name = (event.target as Element).closest<SVGElement>("[data-cell]")?.dataset.cell;
  const [column = 0, row = 0] = name?.split(",").map(Number) ?? [];
  return name ? [column, row] : null;
}

/* One cell is a stop of the Tab key: where the focus was last, else the question's own. */
function useStop(place: { current: SVGGElement | null }, column: number, row: number, cells: Grid) {
  useLayoutEffect(() => {
    for (const old of place.current?.querySelectorAll('[tabindex="0"]') ?? []) old.setAttribute("tabindex", "-1");
    place.current?.querySelector(`[data-cell="${column},${row}"]`)?.setAttribute("tabindex", "0");
  }, [column, row, cells]);
}

export function HeatMap({ width, height, x, y, cells, frontier, mark, onHover, onPick }: Props) {
  const box: Box = { left: 44, right: width - 8, top: 22, bottom: height - 38 };
  const toX = logScale(around(x.values), box.left, box.right);
  const toY = logScale(around(y.values), box.bottom, box.top);
  const [cellWidth, cellHeight] = [(box.right - box.left) / x.values.length, (box.bottom - box.top) / y.values.length];
  const [focus, setFocus] = useState<readonly [number, number] | null>(null);
  const place = useRef<SVGGElement>(null);
  const home = mark ? ([nearestIndex(x.values, mark.x), nearestIndex(y.values, mark.y)] as const) : ([0, 0] as const);
  const [column, row] = focus ?? home;
  const layout = { box, cellWidth, cellHeight };
  useStop(place, column, row, cells);
  const hover = (at: readonly [number, number] | null) => onHover(at && (cells[at[1]]?.[at[0]] ?? null));
  const pick = (at: readonly [number, number] | null) => {
    const one = at && cells[at[1]]?.[at[0]];
    if (one) onPick(one.x, one.y);
  };
  const keys = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (event.key === "Enter" || event.key === " ") pick(cellOf(event));
    else if (!step) return;
    event.preventDefault();
    if (!step) return;
    const to = [clampTo(column + step[0], x.values.length), clampTo(row + step[1], y.values.length)] as const;
    setFocus(to);
    place.current?.querySelector<SVGElement>(`[data-cell="${to[0]},${to[1]}"]`)?.focus();
  };
  return (
    <>
      <g ref={place} class="cells" onClick={(event) => pick(cellOf(event))} onKeyDown={keys}
        onFocusIn={(event) => { setFocus(cellOf(event)); hover(cellOf(event)); }} onFocusOut={() => { setFocus(null); hover(null); }}
        onMouseOver={(event) => hover(cellOf(event))} onMouseLeave={() => hover(null)}>
        <Cells cells={cells} {...layout} />
      </g>
      {frontier.length > 1 && <Frontier points={frontier} toX={logScale(around(x.values), box.left, box.right, true)} toY={toY} box={box} />}
      {cellWidth >= 34 && cellHeight >= 16 && <Texts cells={cells} {...layout} />}
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
