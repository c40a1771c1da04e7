/* The same question asked of every engine, side by side. */
import { useAnswer } from "../../api/answer";
import { ranges } from "../../api/ranges";
import type { Memory } from "../../api/serving";
import type { Problem } from "../../api/client";
import { bytes } from "../../format";
import { LoadBar, scaleOf, type Load } from "../../parts/LoadBar";
import { loadOfDevice } from "../../parts/load";
import { bodyFor, change, option, options } from "../../state/question";
import { words } from "../../text";
import { Limit, Verdict } from "./common";

const w = words({
  en: { title: "On each engine", engine: "engine", load: "load of the fullest device", generic: "generic", of: (a: string, b: string) => `${a} of ${b}`, needs: "needs", longest: "longest context", users: "most users",
    asked: "as asked", note: "The same question; options of one engine are not asked of another." },
  zh: { title: "各引擎对比", engine: "引擎", load: "最满设备的负载", generic: "通用", of: (a: string, b: string) => `${a} / ${b}`, needs: "需要", longest: "最长上下文", users: "最大并发", asked: "当前",
    note: "问题相同；某一引擎的专有选项不带入其他引擎。" },
});

export const ENGINES = ["generic", "vllm", "sglang", "tensorrt-llm", "llama.cpp", "transformers"] as const;
type Engine = (typeof ENGINES)[number];

interface Column {
  engine: Engine;
  data: Memory | null;
  problem: Problem | null;
  load: Load | null;
}

/* "vllm@2025" is vllm too. */
function asked(engine: Engine): boolean {
  return (option("engine") || "generic").replace(/@.*/, "").replace("_", engine === "llama.cpp" ? "." : "-") === engine;
}

function useEngine(engine: Engine): Column {
  const own = asked(engine);
  const body = ranges.value ? bodyFor("memory", options.value, own ? {} : { engine, "engine-option": null }) : null;
  const { data, problem } = useAnswer<Memory>("memory", body);
  const device = data?.per_device[data.worst_device] ?? data?.per_device[0];
  return { engine, data, problem, load: device && data ? loadOfDevice(device, data.reserve_bytes) : null };
}

function Row({ column, scale }: { column: Column; scale: number }) {
  const { engine, data, problem, load } = column;
  const own = asked(engine);
  const name = engine === "generic" ? w().generic : engine;
  return (
    <tr class={own ? "asked" : ""} data-engine={engine}>
      <th scope="row">
        <button type="button" class="link" aria-pressed={own} onClick={() => change({ engine: engine === "generic" ? null : engine, "engine-option": null })}>{name}</button>
      </th>
      {problem ? <td colSpan={5} class="refused">{problem.detail}</td> : (
        <>
          <td class="bar-cell">{load && <LoadBar load={load} scale={scale} small label={name} />}</td>
          <td class="number">{load && (load.capacity === null ? bytes(load.bytes) : w().of(bytes(load.bytes), bytes(load.capacity)))}</td>
          <td class="nowrap"><Verdict fits={data?.fits} load={load} />{own && <span class="muted"> · {w().asked}</span>}</td>
          <td class="number"><Limit value={data?.max_context} /></td>
          <td class="number"><Limit value={data?.max_sequences} /></td>
        </>
      )}
    </tr>
  );
}

export function Engines() {
  const columns = ENGINES.map((engine) => useEngine(engine)); /* as many, in the same order, every time */
  const scale = scaleOf(columns.flatMap((one) => (one.load && !one.problem ? [one.load] : [])));
  return (
    <section data-part="engines">
      <h2>{w().title}</h2>
      <div class="wide">
        <table class="rows">
          <thead>
            <tr><th scope="col">{w().engine}</th><th scope="col" class="bar-cell">{w().load}</th><th scope="col" class="number">{w().needs}</th><th scope="col" />
              <th scope="col" class="number">{w().longest}</th><th scope="col" class="number">{w().users}</th></tr>
          </thead>
          <tbody>{columns.map((column) => <Row key={column.engine} column={column} scale={scale} />)}</tbody>
        </table>
      </div>
      <p class="note">{w().note}</p>
    </section>
  );
}
