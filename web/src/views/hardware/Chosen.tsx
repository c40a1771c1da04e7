/* The machine of the question: what is known of the card, and how each of its ranks is loaded. */
import type { Fit } from "../../api/types";
import { bytes, digits } from "../../format";
import { Figure } from "../../parts/Figure";
import { distinctDevices, loadOfDevice } from "../../parts/load";
import { LoadBar, overText, scaleOf } from "../../parts/LoadBar";
import { change } from "../../state/question";
import { words } from "../../text";
import type { GpuRow } from "./cards";

const w = words({
  en: {
    title: "This machine", sold: "memory as sold", usable: "a process can use", bandwidth: "bandwidth", compute: "bf16", link: "link between cards", none: "none", power: "power", year: "year", price: "price",
    rank: (stage: number, count: number) => `stage ${stage} · ${count === 1 ? "one rank" : `${count} ranks alike`}`, ranks: "Load of the ranks, worst first",
    hour: (usd: string, n: number, provider: string, date: string) => `$${usd} an hour for ${n === 1 ? "one" : n} (${provider}, ${date})`, fewest: (n: number) => `It takes ${n} of these cards.`, take: "Use so many", impossible: "No number of these cards takes it.",
    of: (used: string, all: string) => `${used} of ${all}`,
  },
  zh: {
    title: "当前机器", sold: "标称显存", usable: "进程可用", bandwidth: "带宽", compute: "bf16", link: "卡间互联", none: "无", power: "功耗", year: "年份", price: "价格",
    rank: (stage: number, count: number) => `第 ${stage} 段 · ${count === 1 ? "1 个 rank" : `${count} 个 rank 相同`}`, ranks: "各 rank 的负载，最重者在前",
    hour: (usd: string, n: number, provider: string, date: string) => `每小时 ${usd} 美元（${n} 张，${provider}，${date}）`, fewest: (n: number) => `需要 ${n} 张这种卡。`, take: "改用此数量", impossible: "无论多少张这种卡都放不下。",
    of: (used: string, all: string) => `${used} / ${all}`,
  },
});

function Facts({ fit, gpu }: { fit: Fit; gpu: GpuRow }) {
  const facts: [string, preact.ComponentChildren][] = [
    [w().sold, bytes(gpu.vendor_bytes)],
    [w().usable, <Figure why={{ title: w().usable, value: bytes(gpu.usable_bytes), basis: gpu.usable_basis, low: gpu.usable_low_bytes, high: gpu.usable_high_bytes, source: gpu.usable_source }} basis={gpu.usable_basis}>{bytes(gpu.usable_bytes)}</Figure>],
  ];
  if (gpu.bandwidth_gb_s) facts.push([w().bandwidth, `${digits(gpu.bandwidth_gb_s)} GB/s`]);
  if (gpu.bf16_tflops) facts.push([w().compute, `${digits(gpu.bf16_tflops)} TFLOPS`]);
  facts.push([w().link, gpu.interconnect === "none" ? w().none : `${gpu.interconnect}${gpu.interconnect_gb_s ? ` ${digits(gpu.interconnect_gb_s)} GB/s` : ""}`]);
  if (gpu.tdp_w) facts.push([w().power, `${gpu.tdp_w} W`]);
  if (gpu.year) facts.push([w().year, String(gpu.year)]);
  if (fit.price) facts.push([w().price, w().hour(fit.price.usd_per_hour.toFixed(2), fit.price.gpus, fit.price.provider, fit.price.as_of)]);
  return <dl class="card-facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd class="mono">{value}</dd></div>)}</dl>;
}

function Ranks({ fit }: { fit: Fit }) {
  const rows = distinctDevices(fit);
  if (fit.per_device.length < 2) return null;
  const loads = rows.map(({ device }) => loadOfDevice(device));
  const scale = scaleOf(loads);
  return (
    <div class="card-ranks" data-part="ranks">
      <h3>{w().ranks}</h3>
      {rows.map(({ device, alike }, i) => {
        const load = loads[i];
        if (!load) return null;
        return (
          <div class="card-rank" key={device.device}>
            <span>{w().rank(device.pipeline_stage, alike)}</span>
            <LoadBar small load={load} scale={scale} label={w().rank(device.pipeline_stage, alike)} />
            <span class="bar-text">{load.capacity === null ? bytes(load.bytes) : w().of(bytes(load.bytes), bytes(load.capacity))}{overText(load) && <strong class="alarm"> {overText(load)}</strong>}</span>
          </div>
        );
      })}
    </div>
  );
}

export function Chosen({ fit, gpu }: { fit: Fit; gpu: GpuRow }) {
  const fewest = fit.fewest_gpus ?? 0;
  return (
    <section data-section="machine">
      <h2>{w().title} <span class="muted">{fit.gpus} × {gpu.vendor} {gpu.name}</span></h2>
      <Facts fit={fit} gpu={gpu} />
      {fit.fits === false && (
        <p class="aside-note alarm-line">
          {fewest > 0 ? <>{w().fewest(fewest)} <button type="button" class="link" onClick={() => change({ gpus: String(fewest), tp: null, pp: null })}>{w().take}</button></> : w().impossible}
        </p>
      )}
      <Ranks fit={fit} />
    </section>
  );
}
