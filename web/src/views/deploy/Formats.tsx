/* The same question in 16, 8 and 4 bits: formats of the weights times formats of the cache. A click asks with them. */
import { useAnswer } from "../../api/answer";
import { ranges } from "../../api/ranges";
import type { Point, Sweep } from "../../api/serving";
import type { Choice, Fit } from "../../api/types";
import { bytes, digits } from "../../format";
import { LoadBar, scaleOf, type Load } from "../../parts/LoadBar";
import { shownOptions } from "../../state/answers";
import { bodyFor, change, option } from "../../state/question";
import { words } from "../../text";
import { DeviceBytes, Limit, loadOfPoint, Verdict } from "./common";
import { reachable } from "../../parts/reachable";

const w = words({
  en: {
    title: "In 16, 8 and 4 bits", weights: "weights", bits: "bits each", cache: "KV cache", load: "load of the fullest device", device: "on a device", needs: "needs", verdict: "fits", longest: "longest context",
    users: "most users", groups: { 16: "16-bit", 8: "8-bit", 4: "4-bit" } as Record<number, string>, asked: "as asked", own: "as published", best: "most bits that fit",
    apply: (q: string, k: string) => `Ask with weights in ${q} and the cache in ${k}`,
  },
  zh: {
    title: "16、8、4 位对比", weights: "权重", bits: "每参数位数", cache: "KV 缓存", load: "最满设备的负载", needs: "需要", verdict: "是否放得下", device: "每设备", longest: "最长上下文", users: "最大并发",
    groups: { 16: "16 位", 8: "8 位", 4: "4 位" } as Record<number, string>, asked: "当前", own: "与发布一致", best: "放得下的最高位数",
    apply: (q: string, k: string) => `改用 ${q} 权重与 ${k} 缓存`,
  },
});

function groupOf(bits: number): 16 | 8 | 4 {
  return bits > 12 ? 16 : bits > 7 ? 8 : 4;
}

interface Row {
  choice: Choice;
  cache: string;
  own: boolean; /* the format that is asked for, or the model's: it may be finer than its name says */
  point: Point | undefined;
  load: Load | undefined;
}

function useChoices(quants: readonly string[], caches: readonly string[]): readonly Point[] {
  const vary = [...(quants.length ? [`quant=${quants.join("|")}`] : []), `kv-dtype=${caches.join("|")}`];
  const extra = { ...(quants.length > 0 && { dtype: null }), reach: true, components: true, vary };
  const sweep = useAnswer<Sweep>("sweep", ranges.value && caches.length ? bodyFor("sweep", shownOptions.value, extra) : null, "settled");
  return sweep.data?.points ?? [];
}

/* Sixteen bits and what stands below; a smaller cache that is asked for does not take the larger one from the table. */
function cachesOf(fit: Fit): string[] {
  const told = [...new Set(fit.choices.map((one) => one.kv_dtype))];
  if (told.length !== 1) return told;
  const sixteen = fit.engine.startsWith("llama") || fit.dtype === "float32" ? "float16" : fit.dtype;
  return told[0] === sixteen ? told : [sixteen, ...told];
}

/* Of each format of the weights the first choice tells bits and weights. The first is the question's own, unless it cannot be. */
function useRows(fit: Fit): Row[] {
  const caches = cachesOf(fit);
  const [first] = fit.choices;
  const formats = fit.choices.filter((one) => one.kv_dtype === first?.kv_dtype);
  const owned = first?.quant === fit.weights_format ? 1 : 0;
  const own = useChoices([], caches);
  const listed = useChoices(formats.slice(owned).map((one) => one.quant), caches);
  return formats.flatMap((choice, i) => caches.map((cache) => {
    const from = i < owned ? own : listed.filter((one) => one.quant === choice.quant);
    const found = from.find((one) => one["kv-dtype"] === cache);
    const point = found?.error ? undefined : found;
    return { choice, cache, own: i < owned, point, load: point && loadOfPoint(point) };
  }));
}

function isAsked(fit: Fit, row: Row): boolean {
  return row.own && row.cache === fit.kv_dtype;
}

function changesOf({ choice, cache, own }: Row): Record<string, string | null> {
  return own ? { "kv-dtype": cache } : { quant: choice.quant, "kv-dtype": cache, dtype: null };
}

function Cells({ row, fit, scale }: { row: Row; fit: Fit; scale: number }) {
  const { choice, cache, point, load } = row;
  const asked = isAsked(fit, row);
  const best = fit.best?.quant === choice.quant && fit.best.kv_dtype === cache;
  return (
    <>
      <td class="cache"><button type="button" class="link mono" aria-label={w().apply(choice.quant, cache)} aria-pressed={asked}
        onClick={() => change(changesOf(row))}>{cache}</button></td>
      <td class="bar-cell">{load && <LoadBar load={load} scale={scale} small label={`${choice.quant} · ${cache}`} />}</td>
      <td class="number" data-label={w().needs}>{point && <DeviceBytes value={point.device_bytes} changed={changesOf(row)} />}</td>
      <td class="nowrap verdict"><Verdict fits={point?.fits} load={load} />{asked && <span class="muted"> · {w().asked}</span>}{!asked && best && <span class="muted"> · {w().best}</span>}</td>
      <td class="number" data-label={w().longest}><Limit value={point?.max_context} fits={point?.fits} /></td>
      <td class="number" data-label={w().users}><Limit value={point?.max_sequences} fits={point?.fits} /></td>
    </>
  );
}

function Group({ bits, rows, fit, scale }: { bits: 16 | 8 | 4; rows: readonly Row[]; fit: Fit; scale: number }) {
  const mine = rows.filter((row) => groupOf(row.choice.bits_per_weight) === bits);
  if (mine.length === 0) return null;
  return (
    <tbody data-bits={bits}>
      <tr class="group-row"><th colSpan={9} scope="rowgroup">{w().groups[bits]}</th></tr>
      {mine.map((row, i) => {
        const alike = (one: Row | undefined) => one?.choice.quant === row.choice.quant && one.own === row.own;
        const first = !alike(mine[i - 1]);
        const span = mine.filter(alike).length;
        return (
          <tr key={`${row.own} ${row.choice.quant} ${row.cache}`} class={`${isAsked(fit, row) ? "asked" : ""} ${first ? "" : "second"}`}
            data-choice={`${row.choice.quant} ${row.cache}`}>
            {first && (
              <>
                <th scope="row" rowSpan={span} class="mono">{row.choice.quant}{row.own && !option("quant") && <span class="under">{w().own}</span>}</th>
                <td class="number minor" rowSpan={span}>{digits(row.choice.bits_per_weight)}</td>
                <td class="number minor" rowSpan={span}>{bytes(row.choice.weights_bytes)}</td>
              </>
            )}
            <Cells row={row} fit={fit} scale={scale} />
          </tr>
        );
      })}
    </tbody>
  );
}

export function Formats({ fit }: { fit: Fit }) {
  const rows = useRows(fit);
  const scale = scaleOf(rows.flatMap((row) => (row.load ? [row.load] : [])));
  if (rows.length === 0) return null;
  return (
    <section data-part="formats">
      <h2>{w().title}</h2>
      <div class="wide" ref={reachable}>
        <table class="rows formats reflow">
          <thead>
            <tr><th scope="col">{w().weights}</th><th scope="col" class="number minor">{w().bits}</th><th scope="col" class="number minor">{w().device}</th><th scope="col">{w().cache}</th>
              <th scope="col" class="bar-cell">{w().load}</th><th scope="col" class="number">{w().needs}</th><th scope="col"><span class="unseen">{w().verdict}</span></th>
              <th scope="col" class="number">{w().longest}</th><th scope="col" class="number">{w().users}</th></tr>
          </thead>
          {([16, 8, 4] as const).map((bits) => <Group key={bits} bits={bits} rows={rows} fit={fit} scale={scale} />)}
        </table>
      </div>
    </section>
  );
}
