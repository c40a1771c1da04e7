/* Each rule of thumb next to exact, one group a question: bars to one scale, the exact figure on top and as a line through them. */
import { useAnswer } from "../../api/answer";
import { ranges } from "../../api/ranges";
import { Choice } from "../../parts/Choice";
import { Figure } from "../../parts/Figure";
import { shownOptions } from "../../state/answers";
import { bodyFor } from "../../state/question";
import { words } from "../../text";
import type { Train } from "../finetune/types";
import { modes, modeWord } from "../finetune/words";
import { chooseRule, keyOfRule, showMode, shownMode } from "./pick";
import type { Deviation } from "./types";
import { whyOfExact } from "./whys";
import { amount, off, questionWords } from "./words";

const w = words({
  en: { exact: "exact", same: "exact", mode: "Mode", none: "No published rule applies to this model." },
  zh: { exact: "精确值", same: "一致", mode: "方式", none: "没有适用于该模型的已发表公式。" },
});

/* The figure as a bar: what exceeds the exact one in the alarm colour, what is missing hatched. */
function Bar({ figure, exact, scale }: { figure: number; exact: number; scale: number }) {
  const at = (value: number) => `${((100 * Math.max(0, value)) / scale).toFixed(3)}%`;
  const both = Math.min(figure, exact);
  return (
    <svg class="rule-bar" width="100%" height="14" aria-hidden="true">
      <rect class="rule-both" x="0" y="3" width={at(both)} height="8" />
      {figure > exact && <rect class="rule-over" x={at(exact)} y="3" width={at(figure - exact)} height="8" />}
      {figure < exact && <line class="rule-short" x1={at(figure)} x2={at(exact)} y1="7" y2="7" />}
      <line class="rule-exact" x1={at(exact)} x2={at(exact)} y1="0" y2="14" />
    </svg>
  );
}

function Row({ rule, scale, chosen }: { rule: Deviation; scale: number; chosen: boolean }) {
  return (
    <div role="row" class={`rule ${chosen ? "chosen" : ""}`} data-rule={keyOfRule(rule)} onClick={() => chooseRule(rule)}>
      <span role="rowheader"><button type="button" class="link mono" aria-pressed={chosen} onClick={() => chooseRule(rule)}>{rule.method}</button></span>
      <span role="cell" class="rule-bar-cell"><Bar figure={rule.figure} exact={rule.exact} scale={scale} /></span>
      <span role="cell" class="number mono">{amount(rule.figure, rule.unit)}</span>
      <span role="cell" class={`number mono ${Math.abs(rule.deviation) >= 0.1 ? "alarm" : ""}`}>{rule.difference ? off(rule) : w().same}</span>
    </div>
  );
}

function Group({ question, rules, chosen }: { question: string; rules: readonly Deviation[]; chosen: string }) {
  const first = rules[0];
  if (!first) return null;
  const scale = Math.max(...rules.map((rule) => Math.max(rule.figure, rule.exact))) * 1.02;
  return (
    <section class="rules" data-question={question}>
      <h3>{questionWords()[question] ?? question}
        {question === "train" && (
          <Choice label={w().mode} name="train-mode" value={shownMode()} entries={Object.keys(modes()).map((value) => ({ value, text: modeWord(value) }))} onChange={showMode} />
        )}
      </h3>
      <div role="table" aria-label={questionWords()[question]}>
        <div role="row" class="rule rule-of-exact">
          <span role="rowheader">{w().exact}</span>
          <span role="cell" class="rule-bar-cell"><Bar figure={first.exact} exact={first.exact} scale={scale} /></span>
          <span role="cell" class="number"><Figure strong why={whyOfExact(first)}>{amount(first.exact, first.unit)}</Figure></span>
          <span role="cell" />
        </div>
        {rules.map((rule) => <Row key={keyOfRule(rule)} rule={rule} scale={scale} chosen={keyOfRule(rule) === chosen} />)}
      </div>
    </section>
  );
}

/* Training's rules come with the answer about training; null: not yet. */
export function useTrainingRules(): readonly Deviation[] | null {
  const { data, problem } = useAnswer<Train>("train", ranges.value ? bodyFor("train", shownOptions.value, { mode: null, method: null, gpu: null }) : null);
  return data?.methods ?? (problem ? [] : null);
}

export function Groups({ rules, chosen }: { rules: readonly Deviation[]; chosen: string }) {
  const mode = shownMode();
  const shown = rules.filter((rule) => !rule.mode || rule.mode === mode);
  const questions = [...new Set([...shown.map((rule) => rule.question)])];
  if (rules.some((rule) => rule.question === "train") && !questions.includes("train")) questions.push("train");
  return (
    <div class="rule-groups">
      {questions.length === 0 && <p class="muted">{w().none}</p>}
      {questions.map((question) => <Group key={question} question={question} rules={shown.filter((rule) => rule.question === question)} chosen={chosen} />)}
    </div>
  );
}
