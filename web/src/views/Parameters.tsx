/* Parameters: how many, where they sit, which tensors they are, what was read to know it. */
import { useAnswer, useLate } from "../api/answer";
import { ranges } from "../api/ranges";
import type { Params } from "../api/types";
import { shownOptions } from "../state/answers";
import { bodyFor } from "../state/question";
import { Fields } from "./parameters/Fields";
import { Groups } from "./parameters/Groups";
import { Layers } from "./parameters/Layers";
import type { Tensors as List } from "./parameters/model";
import { Tensors } from "./parameters/Tensors";
import { Totals } from "./parameters/Totals";
import { Tree } from "./parameters/Tree";
import { Refused } from "./Waiting";

export function Parameters() {
  const known = ranges.value !== null;
  const params = useAnswer<Params>("params", known ? bodyFor("params", shownOptions.value, { "per-layer": true }) : null);
  const compact = useAnswer<List>("tensors", known ? bodyFor("tensors", shownOptions.value, { compact: true, quant: null }) : null);
  const list = compact.data && compact.data.model === params.data?.model ? compact.data : { tensors: [] };
  if (!params.data) return <Refused problem={params.problem} empty />;
  const described = params.data.enumeration_available;
  return (
    <div class={`parameters stack ${useLate(params.pending) ? "late" : ""}`} data-view="parameters">
      <Refused problem={params.problem} empty={false} />
      <div class="columns">
        <Totals params={params.data} />
        <section><Groups params={params.data} /></section>
      </div>
      {described && <section><Tree params={params.data} list={list} /></section>}
      {described && <section><Layers params={params.data} tensors={list.tensors} /></section>}
      {described && <Tensors stored={params.data.stored !== undefined} />}
      <Fields params={params.data} />
    </div>
  );
}
