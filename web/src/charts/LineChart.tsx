/* Lines over a log axis, against levels that lie across. One line is the question's own; clicking asks what lies there. */
import { area, curveMonotoneX, line } from "d3-shape";
import { AxisBottom, AxisLeft, linearScale, logScale, roomy, type Box, type Scale } from "./axes";

export interface LinePoint {
  x: number;
  y: number;
  low: number;
  high: number;
}

export interface Series {
  value: number; /* what distinguishes it: the concurrency */
  label: string;
  own: boolean;
  points: readonly LinePoint[];
  crossing?: { x: number; label: string; title: string } | undefined; /* where it meets the limit */
}

interface Props {
  width: number;
  height: number;
  series: readonly Series[];
  x: { domain: readonly [number, number]; ticks: readonly number[]; show: (n: number) => string; title: string };
  y: { top: number; ticks: readonly number[]; show: (n: number) => string; title: string };
  level?: { at: number; label: string; limit: number; limitLabel: string } | undefined; /* capacity, and what may be used of it */
  mark?: { x: number; y: number; label: string } | undefined; /* the question as it stands */
  hover: { x: number; value: number } | null;
  onHover: (at: { x: number; value: number } | null) => void;
  onPick: (x: number, value: number) => void;
}

const CROSSING_ROOM = 54;

/* Where a line leaves the picture: at the top, or at the right. */
function exit(points: readonly LinePoint[], top: number): { point: LinePoint; above: boolean } | null {
  const beyond = points.findIndex((point) => point.y > top);
  const last = points[points.length - 1];
  if (beyond < 0) return last ? { point: last, above: false } : null;
  const [before, after] = [points[beyond - 1], points[beyond]];
  if (!before || !after) return null;
  const share = (top - before.y) / (after.y - before.y);
  return { point: { ...before, x: before.x * (after.x / before.x) ** share, y: top }, above: true };
}

/* The part that stands in the picture, up to its very edge. */
function inside(series: Series, top: number): LinePoint[] {
  const left = exit(series.points, top);
  const kept = series.points.filter((point) => point.y <= top);
  return left?.above ? [...kept, left.point] : kept;
}

function yAt(points: readonly LinePoint[], x: number): number | null {
  const after = points.findIndex((point) => point.x >= x);
  const [a, b] = [points[after - 1], points[after]];
  if (!b) return null;
  if (!a || b.x === x) return b.y;
  const share = Math.log(x / a.x) / Math.log(b.x / a.x);
  return a.y + share * (b.y - a.y);
}

function nearest(series: readonly Series[], x: number, y: number, toY: Scale): Series | undefined {
  let best: Series | undefined;
  let least = Infinity;
  for (const one of series) {
    const value = yAt(one.points, x);
    const off = value === null ? Infinity : Math.abs(toY(value) - y) - (one.own ? 6 : 0);
    if (off < least) [best, least] = [one, off];
  }
  return best;
}

function Labels({ series, toX, toY, top, box }: { series: readonly Series[]; toX: Scale; toY: Scale; top: number; box: Box }) {
  const own = series.find((one) => one.own);
  const taken: { x: number; y: number }[] = [];
  const ordered = own ? [own, ...series.filter((one) => one !== own)] : series;
  return (
    <g aria-hidden="true">
      {ordered.map((one) => {
        const end = exit(one.points, top);
        if (!end) return null;
        const place = { x: end.above ? toX(end.point.x) : box.right + 6, y: end.above ? box.top - 6 : toY(end.point.y) };
        if (taken.some((other) => Math.abs(other.x - place.x) < 34 && Math.abs(other.y - place.y) < 12)) return null;
        taken.push(place);
        return (
          <text key={one.value} class={one.own ? "line-label own" : "line-label"} x={place.x} y={place.y}
            text-anchor={end.above ? "middle" : "start"} dominant-baseline={end.above ? "auto" : "central"}>{one.label}</text>
        );
      })}
    </g>
  );
}

function Crossings({ series, toX, y, domain, onPick }: { series: readonly Series[]; toX: Scale; y: number;
  domain: readonly [number, number]; onPick: Props["onPick"] }) {
  const taken: number[] = [];
  const found = series.filter((one) => one.crossing && one.crossing.x >= domain[0] && one.crossing.x <= domain[1]);
  return (
    <g>
      {[...found].sort((a, b) => Number(b.own) - Number(a.own)).map((one) => {
        const { x, label, title } = one.crossing ?? { x: 1, label: "", title: "" };
        const at = toX(x);
        const room = taken.every((other) => Math.abs(other - at) >= CROSSING_ROOM);
        if (room) taken.push(at);
        const pick = () => onPick(x, one.value);
        return (
          <g key={one.value} class={one.own ? "crossing own" : "crossing"} role="button" tabindex={0} aria-label={title} onClick={(event) => { event.stopPropagation(); pick(); }}
            onKeyDown={(event) => {
              if (event.key !== "Enter" && event.key !== " ") return;
              event.preventDefault();
              pick();
            }}>
            <title>{title}</title>
            <circle class="touch" cx={at} cy={y} r={12} />
            <circle cx={at} cy={y} r={one.own ? 4.5 : 3} />
            {room && <text x={at + 7} y={y + 15}>{label}</text>}
          </g>
        );
      })}
    </g>
  );
}

function Levels({ level, box, toY }: { level: NonNullable<Props["level"]>; box: Box; toY: Scale }) {
  const [capacity, limit] = [toY(level.at), toY(level.limit)];
  return (
    <g aria-hidden="true">
      <defs>
        <pattern id="chart-reserve" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <line x1="0" y1="0" x2="0" y2="6" class="hatch thin" />
        </pattern>
      </defs>
      {limit > capacity && <rect x={box.left} width={box.right - box.left} y={capacity} height={limit - capacity} fill="url(#chart-reserve)" />}
      <line class="level" x1={box.left} x2={box.right} y1={capacity} y2={capacity} />
      {limit > capacity && <line class="limit-level" x1={box.left} x2={box.right} y1={limit} y2={limit} />}
      <text class="level-label" x={box.left + 4} y={capacity - 6}>{level.label}</text>
      {limit > capacity + 15 && <text class="level-label soft" x={box.right - 4} y={limit - 5} text-anchor="end">{level.limitLabel}</text>}
    </g>
  );
}

function Mark({ mark, toX, toY, top, box }: { mark: NonNullable<Props["mark"]>; toX: Scale; toY: Scale; top: number; box: Box }) {
  const x = toX(mark.x);
  if (mark.y > top)
    return (
      <g class="mark" aria-hidden="true">
        <path d={`M${x - 5},${box.top + 9}L${x},${box.top + 1}L${x + 5},${box.top + 9}Z`} />
        <text x={x > box.right - 90 ? x - 9 : x + 9} y={box.top + 12} text-anchor={x > box.right - 90 ? "end" : "start"}>{mark.label}</text>
      </g>
    );
  const y = toY(mark.y);
  return (
    <g class="mark" aria-hidden="true">
      <line x1={x} x2={x} y1={y} y2={box.bottom} />
      <circle cx={x} cy={y} r={5} />
      <text x={x - 8} y={y - 8} text-anchor="end">{mark.label}</text>
    </g>
  );
}

export function LineChart(props: Props) {
  const { width, height, series, x, y, level, mark, hover } = props;
  const box: Box = { left: 40, right: width - 44, top: 34, bottom: height - 38 };
  const toX = logScale(x.domain, box.left, box.right);
  const toY = linearScale([0, y.top], box.bottom, box.top);
  const path = line<LinePoint>((p) => toX(p.x), (p) => toY(p.y)).curve(curveMonotoneX);
  const beyond = linearScale([0, y.top], box.bottom, box.top, true);
  const band = area<LinePoint>((p) => toX(p.x), (p) => beyond(p.low), (p) => beyond(p.high)).curve(curveMonotoneX);
  const own = series.find((one) => one.own);
  const spot = (event: MouseEvent) => {
    const frame = (event.currentTarget as SVGElement).getBoundingClientRect();
    const at = toX.invert(event.clientX - frame.left + box.left);
    return { x: at, value: nearest(series, at, event.clientY - frame.top + box.top, toY)?.value ?? 0 };
  };
  const hovered = hover && series.find((one) => one.value === hover.value);
  const hoveredY = hover && hovered ? yAt(hovered.points, hover.x) : null;
  return (
    <>
      <AxisLeft box={box} at={toY} ticks={y.ticks} show={y.show} title={y.title} />
      <AxisBottom box={box} at={toX} ticks={roomy(x.ticks, toX, 34)} show={x.show} title={x.title} />
      {level && <Levels level={level} box={box} toY={toY} />}
      <clipPath id="lines-clip"><rect x={box.left} y={box.top} width={Math.max(0, box.right - box.left)} height={Math.max(0, box.bottom - box.top)} /></clipPath>
      {own && <path class="band" d={band([...own.points]) ?? ""} clip-path="url(#lines-clip)" />}
      {series.map((one) => (
        <path key={one.value} class={`line ${one.own ? "own" : ""} ${hover?.value === one.value ? "near" : ""}`} d={path(inside(one, y.top)) ?? ""} />
      ))}
      <Labels series={series} toX={toX} toY={toY} top={y.top} box={box} />
      {hover && hoveredY !== null && hoveredY <= y.top && <circle class="hover-dot" cx={toX(hover.x)} cy={toY(hoveredY)} r={3.5} />}
      <rect class="field" x={box.left} y={box.top} width={Math.max(0, box.right - box.left)} height={Math.max(0, box.bottom - box.top)}
        onMouseMove={(event) => props.onHover(spot(event))} onMouseLeave={() => props.onHover(null)}
        onClick={(event) => { const at = spot(event); props.onPick(at.x, at.value); }} />
      {mark && <Mark mark={mark} toX={toX} toY={toY} top={y.top} box={box} />}
      {level && <Crossings series={series} toX={toX} y={toY(level.limit)} domain={x.domain} onPick={props.onPick} />}
    </>
  );
}
