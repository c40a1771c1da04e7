/* The schedule of the layers: a cell for each, as high as its parameters, its cache hanging below. */
import type { Cache } from "../../api/serving";
import type { Params } from "../../api/types";
import { Frame } from "../../charts/Frame";
import { bytes, count, whole } from "../../format";
import { Name } from "../../parts/Name";
import { useShownFit } from "../../state/answers";
import { words } from "../../text";
import { indices, meets, placed } from "./layers";
import type { Tensor } from "./model";
import { reachable } from "../../parts/reachable";

const w = words({
  en: {
    title: "What is the schedule of the layers?", layers: "layers", parts: "made of", count: "count", each: "parameters of one", all: "of all",
    cache: "cache", none: "no cache of their own", window: (n: string) => `window of ${n}`, legend: "Up: parameters of a layer. Down: its cache for the question as it stands.",
    cell: (n: number, what: string, amount: string) => `layer ${n} · ${what} · ${amount}`, other: "caches that several kinds of layers share",
  },
  zh: {
    title: "各层是怎样排布的？", layers: "层", parts: "构成", count: "层数", each: "单层参数", all: "合计",
    cache: "缓存", none: "没有自己的缓存", window: (n: string) => `窗口 ${n}`, legend: "向上：单层参数量；向下：当前问题下该层的缓存。",
    cell: (n: number, what: string, amount: string) => `第 ${n} 层 · ${what} · ${amount}`, other: "多种层共用的缓存",
  },
});

interface Kind {
  name: string;
  stack: string;
  set: string;
  count: number;
  each: number;
  all: number;
  parts: string[];
  tone: string;
  caches: Cache[];
}

const TONES = 6;

/* The modules of a class of layers, by the names of its tensors; norms stand everywhere and tell nothing. */
function partsOf(stack: string, set: string, tensors: readonly Tensor[]): string[] {
  const found = new Set<string>();
  for (const tensor of tensors) {
    const at = placed(tensor.name);
    if (tensor.group === "norm" || /norm/.test(at.rest.split(".")[0] ?? "") || at.stack !== stack || !at.set || !meets(set, at.set)) continue;
    const [first = "", second = ""] = at.rest.split(".");
    found.add(/^(experts|shared_experts?)$/.test(second) ? `${first}.${second}` : first);
  }
  return [...found].filter((name) => ![...found].some((longer) => longer.startsWith(`${name}.`)));
}

/* A cache belongs to the class of as many layers, where only one class has so many, or to all of a stack. */
function cachesOf(row: { stack: string; count: number }, all: readonly { stack: string; count: number }[], caches: readonly Cache[]): Cache[] {
  return caches.filter((cache) => {
    const alone = all.filter((one) => one.count === cache.layers);
    if (alone.length === 1) return alone[0] === row;
    if (alone.length > 1) return false;
    const stacks = [...new Set(all.map((one) => one.stack))].filter((stack) => layersOf(stack, all) === cache.layers);
    return stacks.length === 1 && stacks[0] === row.stack;
  });
}

function layersOf(stack: string, all: readonly { stack: string; count: number }[]): number {
  return all.filter((one) => one.stack === stack).reduce((sum, one) => sum + one.count, 0);
}

function kindsOf(params: Params, tensors: readonly Tensor[], caches: readonly Cache[]): Kind[] {
  const rows = (params.layers ?? []).map((row) => ({ ...row, ...placed(row.layers) }));
  return rows.map((row, i) => ({
    name: row.layers, stack: row.stack, set: row.set, count: row.count, each: row.parameters_each, all: row.parameters,
    parts: partsOf(row.stack, row.set, tensors), tone: `c-l-${i % TONES}`, caches: cachesOf(row, rows, caches),
  }));
}

const UP = 44;
const DOWN = 22;
const HEAD = 20;
const STACK = HEAD + UP + DOWN + 18;

function Stack({ stack, kinds, y, width }: { stack: string; kinds: readonly Kind[]; y: number; width: number }) {
  const cells = kinds.flatMap((kind) => indices(kind.set).map((index) => ({ index, kind }))).sort((a, b) => a.index - b.index);
  const most = Math.max(1, ...kinds.map((kind) => kind.each));
  const hanging = (kind: Kind) => kind.caches.reduce((sum, cache) => sum + cache.bytes / (cache.layers ?? 1), 0);
  const deepest = Math.max(1, ...kinds.map(hanging));
  const step = Math.min(40, width / Math.max(1, cells.length));
  const every = Math.max(1, Math.ceil(24 / step));
  return (
    <g transform={`translate(0 ${y})`}>
      <text class="stack-name" x={0} y={12}>{`${stack} · ${cells.length}`}</text>
      {cells.map(({ index, kind }, i) => {
        const high = Math.max(3, (UP * kind.each) / most);
        return (
          <g key={index}>
            <rect class={kind.tone} x={i * step} y={HEAD + UP - high} width={Math.max(1, step - 1)} height={high}>
              <title>{w().cell(index, kind.parts.join(" + "), count(kind.each))}</title>
            </rect>
            {kind.caches.length > 0 && (
              <rect class="c-kv_cache" x={i * step} y={HEAD + UP + 1} width={Math.max(1, step - 1)} height={Math.max(2, (DOWN * hanging(kind)) / deepest)}>
                <title>{kind.caches.map((cache) => cache.name).join(", ")}</title>
              </rect>
            )}
            {i % every === 0 && <text class="layer-index" x={i * step} y={HEAD + UP + DOWN + 13}>{index}</text>}
          </g>
        );
      })}
    </g>
  );
}

function cacheText(cache: Cache): string {
  return [cache.name, cache.window ? w().window(whole(cache.window)) : "", bytes(cache.bytes)].filter(Boolean).join(" · ");
}

export function Layers({ params, tensors }: { params: Params; tensors: readonly Tensor[] }) {
  const fit = useShownFit();
  const caches = fit.data?.model === params.model ? (fit.data.caches ?? []) : [];
  const kinds = kindsOf(params, tensors, caches);
  const stacks = [...new Set(kinds.map((kind) => kind.stack))];
  const shared = caches.filter((cache) => !kinds.some((kind) => kind.caches.includes(cache)));
  if (kinds.length === 0) return null;
  return (
    <div data-section="layers">
      <Frame title={w().title} name="layers" source={params.model} height={stacks.length * STACK}
        table={() => ({
          head: [w().layers, w().parts, w().count, w().each, w().all, w().cache],
          rows: kinds.map((kind) => [kind.name, kind.parts.join(" + "), whole(kind.count), whole(kind.each), whole(kind.all), kind.caches.map(cacheText).join("; ")]),
        })}>
        {(width) => stacks.map((stack, i) => (
          <Stack key={stack} stack={stack} kinds={kinds.filter((kind) => kind.stack === stack)} y={i * STACK} width={width} />
        ))}
      </Frame>
      <p class="note">{w().legend}</p>
      <div class="wide" ref={reachable}>
        <table class="rows layer-kinds">
          <thead>
            <tr><th scope="col">{w().layers}</th><th scope="col">{w().parts}</th><th scope="col" class="number">{w().count}</th>
              <th scope="col" class="number">{w().each}</th><th scope="col" class="number">{w().all}</th><th scope="col">{w().cache}</th></tr>
          </thead>
          <tbody>
            {kinds.map((kind) => (
              <tr key={kind.name}>
                <th scope="row" class="mono set"><span class={`swatch ${kind.tone}`} aria-hidden="true" /><Name name={kind.name} /></th>
                <td class="mono">{kind.parts.join(" + ")}</td>
                <td class="number">{whole(kind.count)}</td>
                <td class="number" title={whole(kind.each)}>{count(kind.each)}</td>
                <td class="number" title={whole(kind.all)}>{count(kind.all)}</td>
                <td class="muted">{kind.caches.length > 0 ? kind.caches.map(cacheText).join("; ") : shared.length === 0 && caches.length > 0 ? w().none : ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shared.length > 0 && <p class="muted">{w().other}: {shared.map(cacheText).join("; ")}</p>}
    </div>
  );
}
