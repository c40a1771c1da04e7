/* A rule of thumb at length: why it differs, when it may be used, what it reads, which of its published figures are wrong. */
import type { ComponentChildren } from "preact";
import { useAnswer } from "../../api/answer";
import { digits } from "../../format";
import { Figure } from "../../parts/Figure";
import { Formula } from "../../parts/Formula";
import { extras, option, view } from "../../state/question";
import { langOf, words } from "../../text";
import { modeWord } from "../finetune/words";
import type { Deviation, Erratum, Fn, Method, Side } from "./types";
import { whyOfExact, whyOfRule } from "./whys";
import { amount, kindWords, LISTENED, off, optionWords, questionWords, signed } from "./words";
import { Waterfall } from "./Waterfall";

type Part = ComponentChildren;

const w = words({
  en: {
    says: (figure: Part, exact: Part, off: string): Part => <>It says {figure}; exact is {exact}: {off}.</>, right: (figure: Part): Part => <>It says {figure}, which is exact here.</>,
    cause: "cause", amount: "in the figure", formula: "formula", valid: "When it may be used", accuracy: "How near it comes", know: "To know", source: "Source",
    reads: "reads", ignores: "ignores", question: "Of this question it", nothing: "the model alone", ask: "Ask it with inputs of your own", function: "function",
    errata: (n: number) => `Published figures that must not be used (${n})`, published: "published", correct: "correct", mistake: "what went wrong",
    proof: "proof", causes: "Causes", formulas: "Its formula",
  },
  zh: {
    says: (figure: Part, exact: Part, off: string): Part => <>结果为 {figure}；精确值为 {exact}：{off}。</>, right: (figure: Part): Part => <>结果为 {figure}，在此与精确值一致。</>,
    cause: "原因", amount: "所占数值", formula: "公式", valid: "适用范围", accuracy: "准确程度", know: "须知", source: "出处", reads: "读取", ignores: "忽略",
    question: "对当前问题", nothing: "只读取模型", ask: "用自己的输入来计算", function: "函数", errata: (n: number) => `不可使用的已发表数字（${n} 个）`,
    published: "发表值", correct: "正确值", mistake: "错在何处", proof: "证明", causes: "原因", formulas: "公式",
  },
});

function Causes({ rule }: { rule: Deviation }) {
  if (!rule.causes.length) return null;
  return (
    <div class="wide" role="region" tabIndex={0} aria-label={w().causes}>
      <table class="rows causes">
        <thead><tr><th scope="col">{w().cause}</th><th scope="col" class="number">{w().amount}</th><th scope="col">{w().formula}</th></tr></thead>
        <tbody>
          {rule.causes.map((cause) => (
            <tr key={cause.name} data-cause={cause.name}>
              <th scope="row">{cause.text}</th><td class="number">{signed(cause.amount, rule.unit)}</td><td><Formula text={cause.formula} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/* Which controls of the page the method takes an input from, and which it does not hear. */
function Listens({ rule, fn }: { rule: Deviation; fn: Fn }) {
  const controls = LISTENED[rule.question] ?? [];
  if (!controls.length) return null;
  const from = fn.inputs.filter((input) => input.has_effect && input.from).map((input) => input.from).join(" ; ");
  const heard = controls.filter((control) => control.from.test(from));
  const deaf = controls.filter((control) => !control.from.test(from));
  const name = (one: { option: string }) => <li key={one.option} class={option(one.option) ? "given" : ""}>{optionWords()[one.option] ?? one.option}</li>;
  return (
    <div class="listens" data-listens>
      <p class="muted">{w().question}</p>
      <dl>
        <dt>{w().reads}</dt><dd><ul>{heard.length ? heard.map(name) : <li>{w().nothing}</li>}</ul></dd>
        {deaf.length > 0 && (<><dt>{w().ignores}</dt><dd><ul class="deaf">{deaf.map(name)}</ul></dd></>)}
      </dl>
    </div>
  );
}

/* What gives a figure: a function with inputs, an expression, or a model. */
function sideText(side: Side | undefined): string {
  if (!side) return "";
  if (side.function) return `${side.function}(${Object.entries(side.inputs ?? {}).map(([name, value]) => `${name} = ${String(value)}`).join(", ")})`;
  return side.expression ?? [side.model, side.quantity].filter(Boolean).join(": ");
}

function Errata({ method }: { method: string }) {
  const { data } = useAnswer<{ errata?: Erratum[] }>("method", { method });
  if (!data?.errata?.length) return null;
  return (
    <details class="errata" data-errata={method}>
      <summary>{w().errata(data.errata.length)}</summary>
      <div class="wide" role="region" tabIndex={0} aria-label={w().errata(data.errata.length)}>
        <table class="rows">
          <thead><tr><th scope="col" class="number">{w().published}</th><th scope="col" class="number">{w().correct}</th><th scope="col">{w().mistake}</th></tr></thead>
          <tbody>
            {data.errata.map((erratum) => (
              <tr key={erratum.id}>
                <td class="number"><s>{digits(erratum.published, 5)}</s> {erratum.unit}</td>
                <td class="number">{digits(erratum.correct, 5)} {erratum.unit}</td>
                <td><strong>{kindWords()[erratum.kind] ?? erratum.kind}.</strong> {erratum.text}
                  {sideText(erratum.right) && <p class="muted mono proof">{sideText(erratum.right)}</p>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

export function openCalculator(method: string, fn: string): void {
  extras.value = { ...extras.value, calc: `${method}.${fn}` };
  view.value = "calculators";
}

/* Title, validity, accuracy, properties, source: as data/methods/about.tsv tells them. */
export function Told({ method, fn }: { method: Method; fn: Fn }) {
  const known = [...method.properties, ...fn.properties];
  return (
    <dl class="told">
      {method.validity && (<><dt>{w().valid}</dt><dd>{method.validity}</dd></>)}
      {method.accuracy && (<><dt>{w().accuracy}</dt><dd>{method.accuracy}</dd></>)}
      {known.length > 0 && (<><dt>{w().know}</dt><dd>{known.map((text) => <p key={text}>{text}</p>)}</dd></>)}
      <dt>{w().source}</dt><dd lang={langOf(fn.source || method.source)}>{fn.source || method.source}</dd>
    </dl>
  );
}

export function About({ rule, method, fn, model }: { rule: Deviation; method: Method; fn: Fn; model: string }) {
  const figure = <Figure strong why={whyOfRule(rule, fn)}>{amount(rule.figure, rule.unit)}</Figure>;
  const exact = <Figure strong why={whyOfExact(rule)}>{amount(rule.exact, rule.unit)}</Figure>;
  const of = `${questionWords()[rule.question] ?? rule.question}${rule.mode ? `, ${modeWord(rule.mode)}` : ""}`;
  return (
    <section class="about-rule" aria-labelledby="about-rule" data-about={`${rule.method}.${rule.function}`}>
      <h2 id="about-rule"><span class="mono">{rule.method}</span> <span class="muted">{of}</span></h2>
      <p class="about-title">{method.title}</p>
      <p>{rule.difference ? w().says(figure, exact, off(rule)) : w().right(figure)}</p>
      {rule.difference !== 0 && <Waterfall rule={rule} source={`${model} · ${of} · ${fn.source || method.source}`} />}
      <Causes rule={rule} />
      <Listens rule={rule} fn={fn} />
      <Told method={method} fn={fn} />
      <p><button type="button" class="link" onClick={() => openCalculator(rule.method, rule.function)}>{w().ask}</button></p>
      <Errata method={rule.method} />
    </section>
  );
}
