/* Formulas: any figure as a numbered derivation, typeset, down to the fields that it comes from. */
import { useAnswer, useLate } from "../api/answer";
import { ranges } from "../api/ranges";
import type { Explain } from "../api/types";
import { Choice } from "../parts/Choice";
import { Copy } from "../parts/Copy";
import { change, option } from "../state/question";
import { words } from "../text";
import { Numbered } from "./formulas/Numbered";
import { Quantities, quantityWord } from "./formulas/Quantities";
import { bodyOf, choose, chosenQuantity, isFlops } from "./formulas/quantity";
import { Refused } from "./Waiting";

const w = words({
  en: { phase: "Phase", phases: { "": "forward", prefill: "prefill", decode: "decode", backward: "backward", train: "training", step: "one step" } as Record<string, string>,
    load: "FLOPs of the question's own load: its context as the prompt, its sequences as the batch." },
  zh: { phase: "阶段", phases: { "": "前向", prefill: "预填充", decode: "解码", backward: "反向", train: "训练", step: "一步" } as Record<string, string>,
    load: "按当前问题的负载计算 FLOPs：上下文作为提示长度，并发作为批大小。" },
});

function Phase() {
  return (
    <div class="phase">
      <Choice label={w().phase} name="phase" value={option("phase")} onChange={(value) => change({ phase: value })}
        entries={Object.entries(w().phases).map(([value, text]) => ({ value, text }))} />
      <p class="note">{w().load}</p>
    </div>
  );
}

export function Formulas() {
  const quantity = chosenQuantity();
  const answer = useAnswer<Explain>(quantity.command, ranges.value ? bodyOf(quantity) : null);
  const current = answer.data?.quantity === quantity.name ? answer.data : null;
  return (
    <div class={`stack formulas ${useLate(answer.pending) ? "late" : ""}`} data-view="formulas">
      <Quantities chosen={quantity} onChoose={choose} />
      {isFlops(quantity) && <Phase />}
      <Refused problem={answer.problem} empty={!current} />
      {current && (
        <section>
          <div class="formulas-head"><h2>{quantityWord(quantity)}</h2><Copy nodes={current.nodes} /></div>
          <Numbered answer={current} />
        </section>
      )}
    </div>
  );
}
