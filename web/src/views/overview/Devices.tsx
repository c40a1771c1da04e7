/* A bar for each device that differs, to one scale; and what stands on the host. */
import type { Device, Fit } from "../../api/types";
import { bytes } from "../../format";
import { Figure } from "../../parts/Figure";
import { LoadBar, overText, scaleOf } from "../../parts/LoadBar";
import { componentClass } from "../../parts/components";
import { distinctDevices, loadOfDevice } from "../../parts/load";
import { openWhy } from "../../parts/why";
import { whyOfComponent, whyOfQuantity } from "../../state/whys";
import { words } from "../../text";
import { componentWord } from "../../text/terms";

const w = words({
  en: {
    title: "Devices", stage: (n: number) => `stage ${n}`, device: (n: number) => `device ${n}`, alike: (n: number) => `× ${n}`, host: "On the host",
    of: (a: string, b: string) => `${a} of ${b}`,
  },
  zh: { title: "各设备", stage: (n: number) => `第 ${n} 级`, device: (n: number) => `设备 ${n}`, alike: (n: number) => `× ${n}`, host: "主机内存", of: (a: string, b: string) => `${a} / ${b}` },
});

function nameOf(device: Device, stages: boolean): string {
  const where = stages ? w().stage(device.pipeline_stage) : w().device(device.device);
  return device.gpu ? `${where} · ${device.gpu}` : where;
}

export function Devices({ fit }: { fit: Fit }) {
  const rows = distinctDevices(fit);
  if (rows.length < 2) return null;
  const loads = rows.map(({ device }) => loadOfDevice(device));
  const scale = scaleOf(loads);
  return (
    <section data-part="devices">
      <h2>{w().title}</h2>
      <div class="devices">
        {rows.map(({ device, alike }, i) => {
          const load = loads[i];
          if (!load) return null;
          const label = nameOf(device, fit.pp > 1);
          return (
            <div class="device" key={device.device}>
              <span class="device-name">{label} {alike > 1 && <span class="muted">{w().alike(alike)}</span>}</span>
              <LoadBar load={load} scale={scale} small label={label} onWhy={(name) => {
                const part = device.components.find((one) => one.name === name);
                if (part) openWhy(whyOfComponent(part));
              }} />
              <span class="device-sum mono">
                {load.capacity === null ? bytes(load.bytes) : w().of(bytes(load.bytes), bytes(load.capacity))}
                {overText(load) && <strong class="alarm"> {overText(load)}</strong>}
              </span>
            </div>
          );
        })}
      </div>
    </section>
  );
}

export function Host({ fit }: { fit: Fit }) {
  const parts = fit.host?.components.filter((part) => part.bytes > 0) ?? [];
  if (!fit.host || parts.length === 0) return null;
  return (
    <section data-part="host">
      <h2>{w().host} <Figure>{bytes(fit.host.bytes)}</Figure></h2>
      <ul class="legend">
        {parts.map((part) => (
          <li key={part.name}>
            <span class={`swatch ${componentClass(part.name)}`} aria-hidden="true" />
            {componentWord(part.name)}{" "}
            <Figure basis={part.basis} why={{ ...whyOfQuantity("fit", part.name, bytes(part.bytes)), basis: part.basis, source: part.source }}>{bytes(part.bytes)}</Figure>
          </li>
        ))}
      </ul>
    </section>
  );
}
