/* Which rank holds what: dense or a mixture, the ways to lay out the cards, the devices as they stand. */
import { useAnswer } from "../../api/answer";
import { ranges } from "../../api/ranges";
import type { Point, Sweep } from "../../api/serving";
import type { Device, Fit, Params } from "../../api/types";
import { bytes, count, digits } from "../../format";
import { Switch } from "../../parts/Choice";
import { Figure } from "../../parts/Figure";
import { LoadBar, scaleOf } from "../../parts/LoadBar";
import { loadOfDevice } from "../../parts/load";
import { shownOptions } from "../../state/answers";
import { bodyFor, change, option } from "../../state/question";
import { whyOfQuantity } from "../../state/whys";
import { words } from "../../text";
import { DeviceBytes, Limit, loadOfPoint, Verdict } from "./common";
import { reachable } from "../../parts/reachable";

const w = words({
  en: {
    title: "Layout", dense: "Dense", moe: "Mixture of experts", comma: ", ", has: "parameters", active: "active a token", ep: "Expert parallel", dense_no: "The model has no routed experts.", one_no: "One card holds every expert.",
    ep_about: "Whole experts on each card instead of a cut of every expert.", stage: (n: number) => `stage ${n}`, card: (n: number) => `card ${n}`, ways: (n: number) => `Ways to lay out ${n} cards`,
    tp: (n: number) => `tensor parallel ${n}: every matrix is cut in ${n}`, pp: (n: number) => `pipeline parallel ${n}: the layers stand in ${n} stages`, one: "One card holds all of it.",
    dp: (n: number) => `data parallel ${n}: attention and dense layers in ${n} replicas`, cp: (n: number) => `context parallel ${n}: ${n} cards share the tokens`, layout: "layout", load: "load of the fullest device",
    verdict: "fits", device: "needs", longest: "longest context", users: "most users", each: "tokens/s each", asked: "as asked", unknown: "not known", no_card: "no card",
  },
  zh: {
    title: "布局", dense: "稠密模型", moe: "混合专家模型", comma: "，", has: "参数", active: "每 token 激活", ep: "专家并行", dense_no: "该模型没有路由专家。", one_no: "单卡即放下全部专家。", ep_about: "每张卡放完整的专家，而非每个专家的一部分。",
    stage: (n: number) => `第 ${n} 级`, card: (n: number) => `卡 ${n}`, ways: (n: number) => `${n} 张卡的布局方式`, tp: (n: number) => `张量并行 ${n}：每个矩阵切为 ${n} 份`, pp: (n: number) => `流水线并行 ${n}：各层分为 ${n} 级`,
    one: "全部放在一张卡上。", dp: (n: number) => `数据并行 ${n}：注意力与稠密层 ${n} 个副本`, cp: (n: number) => `上下文并行 ${n}：${n} 张卡分担 token`, layout: "布局", load: "最满设备的负载", verdict: "是否放得下", device: "需要", longest: "最长上下文",
    users: "最大并发", each: "每路 token/s", asked: "当前", unknown: "未知", no_card: "未选卡",
  },
});

function Kind({ fit }: { fit: Fit }) {
  const params = useAnswer<Params>("params", ranges.value ? bodyFor("params", shownOptions.value) : null);
  const data = params.data;
  const moe = data !== null && data.active_parameters < data.total_parameters;
  const ignored = !data ? undefined : !moe ? w().dense_no : fit.gpus < 2 ? w().one_no : undefined;
  return (
    <div class="kind">
      {data && (
        <p>
          {moe ? w().moe : w().dense}{" · "}
          <Figure why={whyOfQuantity("explain", "total_parameters", count(data.total_parameters))}>{count(data.total_parameters)}</Figure> {w().has}
          {moe && <>{w().comma}<Figure why={whyOfQuantity("explain", "active_parameters", count(data.active_parameters))}>{count(data.active_parameters)}</Figure> {w().active}</>}
        </p>
      )}
      <Switch label={w().ep} about={w().ep_about} name="expert-parallel" value={option("expert-parallel") === "true"} ignored={ignored}
        onChange={(value) => change({ "expert-parallel": value ? "true" : null })} />
    </div>
  );
}

function Words({ fit }: { fit: Fit }) {
  const lines = [
    fit.tp > 1 && w().tp(fit.tp), fit.pp > 1 && w().pp(fit.pp), (fit.dp ?? 1) > 1 && w().dp(fit.dp ?? 1), (fit.cp ?? 1) > 1 && w().cp(fit.cp ?? 1),
  ].filter((line): line is string => Boolean(line));
  return <ul class="plain">{lines.length ? lines.map((line) => <li key={line}>{line}</li>) : <li>{w().one}</li>}</ul>;
}

/* A row a stage, a cell a card. */
function Grid({ fit }: { fit: Fit }) {
  const stages = new Map<number, Device[]>();
  for (const device of fit.per_device) stages.set(device.pipeline_stage, [...(stages.get(device.pipeline_stage) ?? []), device]);
  const scale = scaleOf(fit.per_device.map((device) => loadOfDevice(device)));
  return (
    <div class="grid-of-devices">
      {[...stages].map(([stage, devices]) => (
        <div class="stage" key={stage}>
          {stages.size > 1 && <span class="stage-name muted">{w().stage(stage)}</span>}
          <div class="ranks">
            {devices.map((device) => (
              <div class="rank" key={device.device} title={`${device.gpu ?? ""} ${bytes(device.bytes)}`}>
                <span class="muted">{w().card(device.device)}</span>
                <LoadBar load={loadOfDevice(device)} scale={scale} small label={w().card(device.device)} />
                <span class={`mono ${device.fits === false ? "alarm" : ""}`}>{bytes(device.bytes)}</span>
              </div>
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}

function divisors(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1).filter((i) => n % i === 0);
}

function layoutName(tp: number, pp: number): string {
  return [tp > 1 || pp === 1 ? `tp ${tp}` : "", pp > 1 ? `pp ${pp}` : ""].filter(Boolean).join(" × ");
}

function Way({ point, fit, scale }: { point: Point; fit: Fit; scale: number }) {
  const [tp, pp] = [point.tp as number, point.pp as number];
  const own = tp === fit.tp && pp === fit.pp;
  const load = point.error ? null : loadOfPoint(point);
  const each = point.tokens_per_second_per_sequence;
  return (
    <tr class={own ? "asked" : ""} data-layout={`${tp}x${pp}`}>
      <th scope="row" class="nowrap"><button type="button" class="link mono" aria-pressed={own} onClick={() => change({ tp: String(tp), pp: String(pp), gpus: String(fit.gpus) })}>{layoutName(tp, pp)}</button></th>
      {point.error || !load ? <td colSpan={6} class="refused">{point.error?.message}</td> : (
        <>
          <td class="bar-cell"><LoadBar load={load} scale={scale} small label={layoutName(tp, pp)} /></td>
          <td class="number" data-label={w().device}><DeviceBytes value={point.device_bytes} changed={{ tp, pp, gpus: fit.gpus }} /></td>
          <td class="nowrap verdict"><Verdict fits={point.fits} load={load} /></td>
          <td class="number" data-label={w().longest}><Limit value={point.max_context} fits={point.fits} /></td>
          <td class="number" data-label={w().users}><Limit value={point.max_sequences} fits={point.fits} /></td>
          <td class="number" data-label={w().each}>{each === null || each === undefined ? <span class="muted">{fit.gpu ? w().unknown : w().no_card}</span> : digits(each)}</td>
        </>
      )}
    </tr>
  );
}

/* Every split of the cards into ranks and stages; those that cannot be tell why. */
function Ways({ fit }: { fit: Fit }) {
  const cards = fit.gpus / ((fit.dp ?? 1) * (fit.cp ?? 1));
  const list = divisors(cards).join(",");
  const body = ranges.value && cards > 1 && Number.isInteger(cards)
    ? bodyFor("sweep", shownOptions.value, { gpus: fit.gpus, tp: null, pp: null, reach: true, components: true, speed: Boolean(fit.gpu), vary: [`tp=${list}`, `pp=${list}`] }) : null;
  const sweep = useAnswer<Sweep>("sweep", body, "settled");
  const points = (sweep.data?.points ?? []).filter((point) => (point.tp as number) * (point.pp as number) === cards).sort((a, b) => (b.tp as number) - (a.tp as number));
  if (!body || sweep.problem) return null;
  const scale = scaleOf(points.filter((point) => !point.error).map((point) => loadOfPoint(point)));
  return (
    <>
      <h3>{w().ways(fit.gpus)}</h3>
      <div class="wide" ref={reachable} style={{ minHeight: `${divisors(cards).length * 30 + 28}px` }}>
        <table class="rows reflow" data-part="ways">
          <thead><tr><th scope="col">{w().layout}</th><th scope="col" class="bar-cell">{w().load}</th><th scope="col" class="number">{w().device}</th><th scope="col"><span class="unseen">{w().verdict}</span></th>
            <th scope="col" class="number">{w().longest}</th><th scope="col" class="number">{w().users}</th><th scope="col" class="number">{w().each}</th></tr></thead>
          <tbody>{points.map((point) => <Way key={`${point.tp as number} ${point.pp as number}`} point={point} fit={fit} scale={scale} />)}</tbody>
        </table>
      </div>
    </>
  );
}

export function Layout({ fit }: { fit: Fit }) {
  return (
    <section data-part="layout">
      <h2>{w().title}</h2>
      <Kind fit={fit} />
      <Words fit={fit} />
      {fit.per_device.length > 1 && <Grid fit={fit} />}
      <Ways fit={fit} />
    </section>
  );
}
