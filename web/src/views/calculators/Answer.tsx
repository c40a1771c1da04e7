/* What a calculator answers: its figure, what it is made of, and each step in symbols and numbers; beside it the model as it is. */
import { bytes } from "../../format";
import { Figure } from "../../parts/Figure";
import { Formula } from "../../parts/Formula";
import { LoadBar, type Load } from "../../parts/LoadBar";
import { componentClass } from "../../parts/components";
import { useFit } from "../../state/answers";
import { view } from "../../state/question";
import { words } from "../../text";
import { componentWord } from "../../text/terms";
import { whyOfQuantity } from "../../state/whys";
import { chooseRule } from "../methods/pick";
import type { Answered, Derived, Deviation, Fn, Method } from "../methods/types";
import { amount, off } from "../methods/words";
import { onModel } from "./state";
import { headline, inBytes, valueText } from "./words";

const w = words({
  en: {
    steps: "Step by step", shared: "Where", exact: (model: string) => `${model}, exactly`, off: (figure: string, p: string) => `asked about it, the method says ${figure}, ${p}`, same: "the method is exact here", why: "why they differ",
    serving: "what serving it takes, as the question at the left asks", answers: "answer", of: (n: string) => `of ${n}`,
  },
  zh: {
    steps: "逐步推导", shared: "其中", exact: (model: string) => `${model} 的精确值`, off: (figure: string, p: string) => `对它的提问，该方法得 ${figure}，${p}`, same: "该方法在此与精确值一致", why: "为何不同",
    serving: "按左侧问题部署它所需的量", answers: "结果", of: (n: string) => `共 ${n}`,
  },
});

/* The quantity that answers: as the function says, else its total, else the last one. */
export function mainOf(fn: Fn, answer: Answered): Derived | undefined {
  const steps = answer.derivation;
  const named = fn.answers[0]?.quantity;
  return steps.find((step) => step.name === named) ?? steps.find((step) => step.name === "total") ?? steps.find((step) => step.name === "best") ?? steps[steps.length - 1];
}

const AS: Readonly<Record<string, string>> = {
  kv: "kv_cache", optimizer_states: "optimizer", scores: "activations", states: "optimizer", other: "runtime",
  active_memory: "weights", feature_maps: "activations",
};

interface Part {
  name: string; /* the component whose colour it has */
  step: string;
  bytes: number;
}

/* The quantities that the total is made of, where they add up to it. */
function partsOf(main: Derived, steps: readonly Derived[]): Part[] {
  const total = inBytes(main.value, main.unit);
  if (total === undefined) return [];
  const read = new Set(main.formula.match(/[A-Za-z_]\w*/g) ?? []);
  const all = steps.flatMap((step) => {
    const value = step === main ? undefined : inBytes(step.value, step.unit);
    return value === undefined ? [] : [{ name: AS[step.name] ?? step.name, step: step.name, bytes: value, read: read.has(step.name) }];
  });
  const sum = (parts: readonly { bytes: number }[]) => parts.reduce((all, part) => all + part.bytes, 0);
  const adds = (parts: readonly { bytes: number }[]) => Math.abs(sum(parts) - total) <= total * 0.005;
  const named = all.filter((part) => part.read);
  const held = all.filter((part) => part.read || part.name === "weights"); /* held: the weights as they are held */
  return adds(named) ? named : adds(held) ? held : [];
}

/* Two quantities may be the same component: then each is called as the function calls it. */
function called(part: Part, parts: readonly Part[]): string {
  return parts.some((other) => other !== part && other.name === part.name) ? part.step.replace(/_/g, " ") : componentWord(part.name);
}

function Load({ main, answer, label }: { main: Derived; answer: Answered; label: string }) {
  const parts = partsOf(main, answer.derivation).filter((part) => part.bytes > 0);
  const gpu = useFit().data?.gpu;
  if (!parts.length) return null;
  const total = inBytes(main.value, main.unit) ?? 0;
  const load: Load = { components: parts, bytes: total, low: total, high: total, budget: null, capacity: gpu?.usable_bytes ?? null };
  return (
    <>
      <LoadBar load={load} label={label} />
      <ul class="legend">
        {parts.map((part) => <li key={part.step}><span class={`swatch ${componentClass(part.name)}`} aria-hidden="true" />{called(part, parts)} <span class="mono">{bytes(part.bytes)}</span></li>)}
        {gpu && <li class="muted">{gpu.name}: {bytes(gpu.usable_bytes)}</li>}
      </ul>
    </>
  );
}

function Steps({ answer }: { answer: Answered }) {
  return (
    <ol class="steps">
      {answer.derivation.map((step) => (
        <li key={step.name} data-step={step.name}>
          <span class="mono step-of">{step.name}</span>
          <div class="step-lines">
            {step.formula && <p><span class="eq">=</span> <Formula text={step.formula} latex={step.latex} /></p>}
            {step.numbers !== step.formula && <p><span class="eq">=</span> <Formula text={step.numbers} /></p>}
            <p><span class="eq">=</span> <strong class="mono">{valueText(step.value, step.unit)}</strong></p>
          </div>
        </li>
      ))}
    </ol>
  );
}

function Shared({ method, fn }: { method: Method; fn: Fn }) {
  const lets = [...fn.lets, ...method.lets];
  if (!lets.length) return null;
  return (
    <details class="shared">
      <summary>{w().shared}</summary>
      <ol class="steps">
        {lets.map((one) => (
          <li key={one.name}><span class="mono step-of">{one.name}</span><div class="step-lines"><p><span class="eq">=</span> <Formula text={one.formula} latex={one.latex} /></p></div></li>
        ))}
      </ol>
    </details>
  );
}

/* The model as it is: the same quantity where the function answers one, else what serving it takes. */
function Exact({ rule, model, memory }: { rule: Deviation | undefined; model: string; memory: boolean }) {
  const fit = useFit().data;
  const name = model.split("/").pop() ?? model;
  if (rule)
    return (
      <div class="exact" data-exact={rule.exact}>
        <h3>{w().exact(name)}</h3>
        <p><strong class="mono">{amount(rule.exact, rule.unit)}</strong> · {rule.difference ? w().off(amount(rule.figure, rule.unit), off(rule)) : w().same}{" "}
          {rule.difference !== 0 && <button type="button" class="link" onClick={() => { chooseRule(rule); view.value = "methods"; }}>{w().why}</button>}</p>
      </div>
    );
  if (!memory || !fit || !onModel()) return null;
  return (
    <div class="exact" data-exact={fit.total_bytes}>
      <h3>{w().exact(name)}</h3>
      <p><Figure strong why={whyOfQuantity("fit", "device_bytes", bytes(fit.total_bytes))}>{bytes(fit.total_bytes)}</Figure> · {w().serving}</p>
    </div>
  );
}

interface Props {
  method: Method;
  fn: Fn;
  answer: Answered;
}

/* The one figure, which stays in sight while inputs change. */
export function Main({ method, fn, answer }: Props) {
  const main = mainOf(fn, answer);
  if (!main) return null;
  const value = headline(main.value, main.unit);
  return (
    <p class="calc-main" role="status" data-answer={main.name}>
      <span class="muted">{main.name}</span>{" "}
      <Figure strong why={{ title: `${method.name}.${fn.name}: ${main.name}`, value, basis: "heuristic", source: answer.source,
        facts: [{ name: main.name, value: valueText(main.value, main.unit) }, { name: w().steps, value: main.numbers, from: main.formula }] }}>{value}</Figure>
    </p>
  );
}

export function Answer({ method, fn, answer, rule, model }: Props & { rule: Deviation | undefined; model: string }) {
  const main = mainOf(fn, answer);
  if (!main) return null;
  return (
    <div class="calc-answer">
      <Load main={main} answer={answer} label={fn.title} />
      <Exact rule={rule} model={model} memory={main.name === "total" && inBytes(main.value, main.unit) !== undefined} />
      <h3>{w().steps}</h3>
      <Steps answer={answer} />
      <Shared method={method} fn={fn} />
    </div>
  );
}
