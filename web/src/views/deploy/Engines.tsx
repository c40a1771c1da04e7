/* The same question asked of every engine, side by side. */
import { useAnswer } from "../../api/answer";
import { ranges } from "../../api/ranges";
import type { Point, Sweep } from "../../api/serving";
import type { Fit } from "../../api/types";
import { bytes } from "../../format";
import { LoadBar, scaleOf, type Load } from "../../parts/LoadBar";
import { loadOfDevice, worstDevice } from "../../parts/load";
import { shownOptions } from "../../state/answers";
import { bodyFor, change, option } from "../../state/question";
import { Quoted } from "../../parts/Problem";
import { words } from "../../text";
import { engineTitle } from "../../text/terms";
import { DeviceBytes, Limit, loadOfPoint, Verdict } from "./common";
import { reachable } from "../../parts/reachable";

const w = words({
  en: { title: "On each engine", engine: "engine", load: "load of the fullest device", generic: "generic", of: (all: string) => `of ${all}`, needs: "needs", longest: "longest context", users: "most users",
    verdict: "fits", asked: "as asked", note: "The same question; options of one engine are not asked of another." },
  zh: { title: "各引擎对比", engine: "引擎", load: "最满设备的负载", generic: "通用", of: (all: string) => `/ ${all}`, needs: "需要", longest: "最长上下文", users: "最大并发", verdict: "是否放得下", asked: "当前",
    note: "问题相同；某一引擎的专有选项不带入其他引擎。" },
});

const ENGINES = ["generic", "vllm", "sglang", "tensorrt-llm", "llama.cpp", "transformers"] as const;
type Engine = (typeof ENGINES)[number];

interface Answered {
  engine: Engine;
  own: boolean;
  load: Load | null;
  fits: boolean | null | undefined;
  context: number | null | undefined;
  sequences: number | null | undefined;
  refused: string | undefined;
}

/* "vllm@2025" is vllm too. */
function isOwn(engine: Engine): boolean {
  return (option("engine") || "generic").replace(/@.*/, "").replace("_", engine === "llama.cpp" ? "." : "-") === engine;
}

function ofPoint(engine: Engine, point: Point | undefined): Answered {
  const load = point && !point.error ? loadOfPoint(point) : null;
  return { engine, own: false, load, fits: point?.fits, context: point?.max_context, sequences: point?.max_sequences, refused: point?.error?.message };
}

function ofFit(engine: Engine, fit: Fit): Answered {
  const device = worstDevice(fit);
  return { engine, own: true, load: device ? loadOfDevice(device) : null, fits: fit.fits, context: fit.max_context, sequences: fit.max_sequences, refused: undefined };
}

function useEngines(fit: Fit): Answered[] {
  const vary = [`engine=${ENGINES.join("|")}`];
  const sweep = useAnswer<Sweep>("sweep", ranges.value ? bodyFor("sweep", shownOptions.value, { engine: null, "engine-option": null, reach: true, components: true, vary }) : null, "settled");
  return ENGINES.map((engine) => (isOwn(engine) ? ofFit(engine, fit) : ofPoint(engine, sweep.data?.points.find((one) => one.engine === engine))));
}

function Row({ answered, scale }: { answered: Answered; scale: number }) {
  const { engine, own, load, refused } = answered;
  const name = engine === "generic" ? w().generic : engineTitle(engine);
  return (
    <tr class={own ? "asked" : ""} data-engine={engine}>
      <th scope="row">
        <button type="button" class="link" aria-pressed={own} onClick={() => change({ engine: engine === "generic" ? null : engine, "engine-option": null })}>{name}</button>
      </th>
      {refused !== undefined ? <td colSpan={5} class="refused"><Quoted text={refused} /></td> : (
        <>
          <td class="bar-cell">{load && <LoadBar load={load} scale={scale} small label={name} />}</td>
          <td class="number" data-label={w().needs}>{load && <DeviceBytes value={load.bytes} changed={own ? {} : { engine, "engine-option": null }} />}{load && load.capacity !== null && <span class="muted minor"> {w().of(bytes(load.capacity))}</span>}</td>
          <td class="nowrap verdict"><Verdict fits={answered.fits} load={load} />{own && <span class="muted"> · {w().asked}</span>}</td>
          <td class="number" data-label={w().longest}><Limit value={answered.context} fits={answered.fits} /></td>
          <td class="number" data-label={w().users}><Limit value={answered.sequences} fits={answered.fits} /></td>
        </>
      )}
    </tr>
  );
}

export function Engines({ fit }: { fit: Fit }) {
  const all = useEngines(fit);
  const scale = scaleOf(all.flatMap((one) => (one.load ? [one.load] : [])));
  return (
    <section data-part="engines">
      <h2>{w().title}</h2>
      <div class="wide" ref={reachable}>
        <table class="rows reflow">
          <thead>
            <tr><th scope="col">{w().engine}</th><th scope="col" class="bar-cell">{w().load}</th><th scope="col" class="number">{w().needs}</th><th scope="col"><span class="unseen">{w().verdict}</span></th>
              <th scope="col" class="number">{w().longest}</th><th scope="col" class="number">{w().users}</th></tr>
          </thead>
          <tbody>{all.map((answered) => <Row key={answered.engine} answered={answered} scale={scale} />)}</tbody>
        </table>
      </div>
      <p class="note">{w().note}</p>
    </section>
  );
}
