/* What was asked before, with the verdicts; a question is remembered when it has stood for two seconds. */
import { useEffect } from "preact/hooks";
import type { Fit } from "../api/types";
import { bytes, tokens } from "../format";
import { worstDevice } from "../parts/load";
import { useFit } from "../state/answers";
import { forget, history, remember, type Past } from "../state/history";
import { read, write } from "../state/link";
import { options } from "../state/question";
import { words } from "../text";
import { Sheet } from "./Sheet";
import { sheet } from "./sheets";
import { reachable } from "../parts/reachable";

const w = words({
  en: {
    title: "Asked before", none: "Nothing yet: a question is kept here when it has stood for two seconds.", model: "model", load: "load", machine: "machine", needs: "needs",
    verdict: "verdict", yes: "fits", no: "does not fit", forget: "Forget them", kept: "The last 20, kept in this browser only.", unknown: "no card",
  },
  zh: {
    title: "问过的问题", none: "还没有：问题停留两秒后会记录在此。", model: "模型", load: "负载", machine: "机器", needs: "所需",
    verdict: "结论", yes: "放得下", no: "放不下", forget: "清除记录", kept: "最近 20 个，只保存在此浏览器中。", unknown: "未选卡",
  },
});

const SETTLED = 2000;

function pastOf(fit: Fit): Past | null {
  const device = worstDevice(fit);
  if (!device) return null;
  return {
    link: write({ options: options.value, view: "overview", extras: {} }),
    model: fit.model,
    load: `${fit.sequences} × ${tokens(fit.context)} · ${fit.weights_format}`,
    machine: fit.gpu ? `${fit.gpus} × ${fit.gpu.name}` : "",
    bytes: device.bytes,
    capacity: device.capacity_bytes ?? null,
    fits: fit.fits,
    at: Date.now(),
  };
}

export function Recorder() {
  const { data, problem, pending } = useFit();
  useEffect(() => {
    if (!data || problem || pending) return;
    const timer = window.setTimeout(() => {
      const past = pastOf(data);
      if (past) remember(past);
    }, SETTLED);
    return () => window.clearTimeout(timer);
  }, [data, problem, pending]);
  return null;
}

function take(past: Past): void {
  const state = read(past.link);
  if (state) options.value = state.options;
  sheet.value = null;
}

export function History() {
  return (
    <Sheet name="history" title={w().title}>
      {history.value.length === 0 ? <p class="muted">{w().none}</p> : (
        <>
          <div class="wide" ref={reachable}>
            <table class="rows history">
              <thead><tr><th scope="col">{w().model}</th><th scope="col">{w().load}</th><th scope="col">{w().machine}</th><th scope="col" class="number">{w().needs}</th><th scope="col">{w().verdict}</th></tr></thead>
              <tbody>
                {history.value.map((past) => (
                  <tr key={past.link}>
                    <th scope="row"><button type="button" class="link" onClick={() => take(past)}>{past.model}</button></th>
                    <td>{past.load}</td>
                    <td>{past.machine || w().unknown}</td>
                    <td class="number">{bytes(past.bytes)}{past.capacity !== null && <span class="muted"> / {bytes(past.capacity)}</span>}</td>
                    <td class={past.fits === false ? "alarm" : ""}>{past.fits === null ? w().unknown : past.fits ? w().yes : w().no}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <p class="muted">{w().kept} <button type="button" class="link" onClick={forget}>{w().forget}</button></p>
        </>
      )}
    </Sheet>
  );
}
