/* The answer strip: the answer to the serving question, or of training while that is looked at. */
import type { Fit } from "../api/types";
import { distinctDevices, loadOfDevice, worstDevice } from "../parts/load";
import { openWhy } from "../parts/why";
import { unreached, useFit } from "../state/answers";
import { view } from "../state/question";
import { whyOfComponent } from "../state/whys";
import { words } from "../text";
import { Limits } from "./Limits";
import { Sentence } from "./sentence";
import { LegendOf, StripFrame, type Row } from "./StripFrame";
import { TrainingStrip } from "./Training";

const w = words({
  en: { device: (n: number) => `device ${n}`, weighing: "weighing…" },
  zh: { device: (n: number) => `设备 ${n}`, weighing: "称重中…" },
});

const MOST = 3; /* bars: Overview and Deploy have all of them */

function rowsOf(fit: Fit): Row[] {
  return distinctDevices(fit).slice(0, MOST).map(({ device, alike }) => ({
    key: device.device, alike, load: loadOfDevice(device), label: device.gpu ?? w().device(device.device),
    onWhy: (name) => {
      const part = device.components.find((one) => one.name === name);
      if (part) openWhy(whyOfComponent(part));
    },
  }));
}

/* On a phone it stands in the overview: the foot has no room for it. */
export function Legend({ fit }: { fit: Fit }) {
  const device = worstDevice(fit);
  return <LegendOf parts={device?.components ?? []} whyOf={whyOfComponent} />;
}

function ServingStrip() {
  const fit = useFit();
  const { data, problem } = fit;
  return (
    <StripFrame late={fit.late && data !== null} problem={problem ?? unreached.value} rows={data ? rowsOf(data) : undefined}
      sentence={data ? <Sentence fit={data} /> : <p class="sentence">{w().weighing}</p>}
      foot={data && <><Legend fit={data} /><Limits fit={data} /></>} />
  );
}

export function Strip() {
  return view.value === "finetune" ? <TrainingStrip /> : <ServingStrip />;
}
