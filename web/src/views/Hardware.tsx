/* Hardware: the machine of the question, the cards that would take it, and what else the machine could take. */
import { useEffect, useState } from "preact/hooks";
import { useAnswer, useLate } from "../api/answer";
import { get } from "../api/client";
import { ranges } from "../api/ranges";
import type { Fit } from "../api/types";
import { shownOptions, useShownFit } from "../state/answers";
import { bodyFor } from "../state/question";
import type { GpuRow } from "./hardware/cards";
import { Chosen } from "./hardware/Chosen";
import { Design } from "./hardware/Design";
import { Ranked } from "./hardware/Ranked";
import { Refused } from "./Waiting";

/* The same question without its machine: then the answer ranks machines. */
const NO_MACHINE = { gpu: null, gpus: null, "gpu-memory": null, mig: null, tp: null, pp: null, dp: null, cp: null, dcp: null, "gpu-layers": null };

export function Hardware() {
  const [gpus, setGpus] = useState<readonly GpuRow[]>([]);
  useEffect(() => {
    void get<{ gpus: GpuRow[] }>("gpus").then((reply) => reply.ok && setGpus(reply.data.gpus));
  }, []);
  const fit = useShownFit();
  const ranked = useAnswer<Fit>("fit", ranges.value ? bodyFor("fit", shownOptions.value, NO_MACHINE) : null, "settled");
  const gpu = gpus.find((row) => row.name === fit.data?.gpu?.name);
  return (
    <div class={`stack hardware ${useLate(ranked.pending) && ranked.data ? "late" : ""}`} data-view="hardware">
      {fit.data && gpu && <Chosen fit={fit.data} gpu={gpu} />}
      <Refused problem={ranked.problem} empty={!ranked.data || gpus.length === 0} />
      {ranked.data && gpus.length > 0 && <Ranked answer={ranked.data} gpus={gpus} />}
      <Design />
    </div>
  );
}
