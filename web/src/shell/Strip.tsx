/* The answer strip: the sentence, the load bar, the limits. It stays in sight while the view scrolls. */
import type { Fit } from "../api/types";
import { bytes } from "../format";
import { distinctDevices, loadOfDevice, worstDevice } from "../parts/load";
import { LoadBar, overText, scaleOf } from "../parts/LoadBar";
import { Figure } from "../parts/Figure";
import { Problem } from "../parts/Problem";
import { componentClass, onDevice } from "../parts/components";
import { openWhy } from "../parts/why";
import { useFit } from "../state/answers";
import { whyOfComponent } from "../state/whys";
import { words } from "../text";
import { componentWord } from "../text/terms";
import { Limits } from "./Limits";
import { Sentence } from "./sentence";
import { Tools } from "./Tools";

const w = words({
  en: {
    answer: "Answer", device: (n: number) => `device ${n}`, alike: (n: number) => `${n - 1} more like this`,
    of: (used: string, all: string) => `${used} of ${all}`, weighing: "weighing…",
  },
  zh: {
    answer: "答案", device: (n: number) => `设备 ${n}`, alike: (n: number) => `另有 ${n - 1} 个相同`,
    of: (used: string, all: string) => `${used} / ${all}`, weighing: "称重中…",
  },
});

function Bars({ fit }: { fit: Fit }) {
  const rows = distinctDevices(fit).slice(0, 3);
  const loads = rows.map(({ device }) => loadOfDevice(device, fit.reserve_bytes));
  const scale = scaleOf(loads);
  return (
    <div class="bars">
      {rows.map(({ device, alike }, i) => {
        const load = loads[i];
        if (!load) return null;
        const parts = device.components;
        return (
          <div class="bar-row" key={device.device}>
            <LoadBar load={load} scale={scale} label={device.gpu ?? w().device(device.device)}
              onWhy={(name) => {
                const part = parts.find((one) => one.name === name);
                if (part) openWhy(whyOfComponent(part));
              }} />
            <span class="bar-text">
              {load.capacity === null ? bytes(load.bytes) : w().of(bytes(load.bytes), bytes(load.capacity))}
              <span class="bar-note">
                {overText(load) && <strong class="alarm">{overText(load)}</strong>}
                {alike > 1 && <span class="muted">{w().alike(alike)}</span>}
              </span>
            </span>
          </div>
        );
      })}
    </div>
  );
}

/* On a phone it stands in the overview: the foot has no room for it. */
export function Legend({ fit }: { fit: Fit }) {
  const device = worstDevice(fit);
  return (
    <ul class="legend">
      {device && onDevice(device.components).map((part) => (
        <li key={part.name}>
          <span class={`swatch ${componentClass(part.name)}`} aria-hidden="true" />
          {componentWord(part.name)}{" "}
          <Figure name={part.name} exact={part.bytes} why={whyOfComponent(part)} basis={part.basis}>{bytes(part.bytes)}</Figure>
        </li>
      ))}
    </ul>
  );
}

export function Strip() {
  const { data, problem, pending } = useFit();
  return (
    <section class={`strip ${pending && data ? "pending" : ""}`} aria-label={w().answer}>
      <div role="status" aria-live="polite">
        {problem ? <Problem problem={problem} /> : data ? <Sentence fit={data} /> : <p class="sentence">{w().weighing}</p>}
      </div>
      {data && <Bars fit={data} />}
      {data && (
        <div class="strip-foot">
          <Legend fit={data} />
          <Limits fit={data} />
        </div>
      )}
      <Tools />
    </section>
  );
}
