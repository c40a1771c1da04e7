/* Methods: what published rules of thumb say of this question, next to exact, and why they differ. */
import { useAnswer, useLate } from "../api/answer";
import { ranges } from "../api/ranges";
import { shownOptions } from "../state/answers";
import { bodyFor } from "../state/question";
import { words } from "../text";
import { About } from "./methods/About";
import { Groups, useTrainingRules } from "./methods/Groups";
import { useMethods } from "./methods/list";
import { chosenRule, functionOf, keyOfRule } from "./methods/pick";
import type { Compared, Deviation } from "./methods/types";
import { QUESTIONS } from "./methods/words";
import { Refused } from "./Waiting";

const w = words({
  en: {
    title: "Rules of thumb, next to exact",
    lede: "The line is the exact figure. What a rule counts too much is drawn past it, what it leaves out is dashed. Choose a rule to see the causes.",
  },
  zh: {
    title: "经验公式与精确值",
    lede: "竖线为精确值。多算的部分画在其后，漏算的部分以虚线表示。选择一种方法即可查看原因。",
  },
});

function byQuestion(a: Deviation, b: Deviation): number {
  const place = (rule: Deviation) => (QUESTIONS as readonly string[]).indexOf(rule.question);
  return place(a) - place(b);
}

export function Methods() {
  const body = ranges.value ? bodyFor("compare-methods", shownOptions.value, { method: null, explain: null }) : null;
  const { data, problem, pending } = useAnswer<Compared>("compare-methods", body);
  const training = useTrainingRules();
  const methods = useMethods();
  const rules = [...(data?.methods ?? []), ...(training ?? [])].sort(byQuestion);
  const rule = chosenRule(rules);
  const told = rule && functionOf(methods, rule);
  return (
    <section class={`methods-view ${useLate(pending) && data ? "late" : ""}`} data-view="methods">
      <div>
        <h2>{w().title}</h2>
        <p class="lede">{w().lede}</p>
        <Refused problem={problem} empty={!data || !training} />
        {data && training && <Groups rules={rules} chosen={rule ? keyOfRule(rule) : ""} />}
      </div>
      {data && rule && told && <About rule={rule} method={told.method} fn={told.fn} model={data.model} />}
    </section>
  );
}
