/* Calculators: every published function with inputs of one's own, its answer derived step by step, and the chosen model beside it. */
import { useAnswer, useLate } from "../api/answer";
import { ranges, takes } from "../api/ranges";
import { Switch } from "../parts/Choice";
import { Problem } from "../parts/Problem";
import { shownOptions } from "../state/answers";
import { bodyFor, option } from "../state/question";
import { words } from "../text";
import { Answer, Main } from "./calculators/Answer";
import { Inputs } from "./calculators/Inputs";
import { anyGiven, bodyOf, choose, chosen, find, FIRST, forgetInputs, onModel, setOnModel } from "./calculators/state";
import { FEATURED, featured } from "./calculators/words";
import { Picker } from "./finetune/Picker";
import type { Train } from "./finetune/types";
import { Told } from "./methods/About";
import { useMethods } from "./methods/list";
import type { Answered, Compared, Deviation, Fn, Method, Plain } from "./methods/types";
import { Weighing } from "./Waiting";

const w = words({
  en: {
    title: "Published calculators", all: "All functions", none: "Nothing of that name.", take: (model: string) => `Take the inputs from ${model}`,
    take_line: "Dimensions come from the model as it is built, context and concurrency from the question at the left; what you set yourself stays.",
    cannot: "No input of this function says what it is on a model.", alien: "The function asks for layers of attention and feed-forward blocks, which this model has not; the defaults stand.", reset: "All at their defaults", inputs: "Inputs", about: "About it", notes: "Notes",
  },
  zh: {
    title: "已发表的计算器", all: "所有函数", none: "没有此名称。", take: (model: string) => `从 ${model} 取输入`,
    take_line: "维度取自按配置构建的模型，上下文与并发取自左侧的问题；您自己设定的保持不变。",
    cannot: "该函数没有可取自模型的输入。", alien: "该函数要求由注意力与前馈块组成的层，此模型没有；沿用默认值。", reset: "全部恢复默认", inputs: "输入", about: "说明", notes: "提示",
  },
});

function Chooser({ methods, calculator }: { methods: readonly Method[]; calculator: string }) {
  const items = methods.flatMap((method) => method.functions.map((fn) => ({ value: `${method.name}.${fn.name}`, text: fn.title, aside: `${method.name}.${fn.name}`, find: method.title })));
  return (
    <div class="calc-chooser">
      <div class="calc-tabs" role="group" aria-label={w().title}>
        {FEATURED.map((name) => (
          <button type="button" key={name} class="calc-tab" aria-pressed={name === calculator} data-calculator={name} onClick={() => choose(name)}>{featured()[name]}</button>
        ))}
      </div>
      <Picker label={w().all} name="calculator" value={calculator} placeholder={FIRST} none={w().none} items={items} onChange={(name) => find(methods, name) && choose(name)} />
    </div>
  );
}

/* The function's inputs as the model has them; undefined: not wanted, or not known. */
function useModelInputs(method: string, fn: Fn | undefined): { inputs: Readonly<Record<string, Plain>> | undefined; problem: ReturnType<typeof useAnswer>["problem"] } {
  const wanted = onModel() && fn !== undefined && ranges.value !== null && takes("params", "method");
  const body = wanted ? bodyFor("params", shownOptions.value, { method: `${method}.${fn.name}`, "per-layer": null }) : null;
  const { data, problem } = useAnswer<{ method?: Answered & { name: string } }>("params", body);
  const fits = data?.method?.name === method && data.method.function === fn?.name;
  return { inputs: wanted && fits ? data?.method?.inputs : undefined, problem: wanted ? problem : null };
}

/* The mode of training that the function's inputs mean; undefined: it is asked about serving. */
function modeOf(fn: Fn, answer: Answered | null): string | undefined {
  const modes = fn.answers.flatMap((one) => (one.question === "train" ? one.modes : []));
  const said = String(answer?.inputs.mode ?? answer?.inputs.scenario ?? "");
  if (said === "qlora") return answer?.inputs.weights === "int8" ? "qlora8" : "qlora4";
  return modes.includes(said) ? said : fn.answers.some((one) => one.question !== "train") ? undefined : (modes[0] ?? "full");
}

/* The same function's figure beside the exact one, where it answers a question about the model. */
function useRule(method: string, fn: Fn, answer: Answered | null): Deviation | undefined {
  const known = ranges.value !== null && fn.answers.length > 0 && answer !== null;
  const mode = modeOf(fn, answer);
  const serving = useAnswer<Compared>("compare-methods", known && !mode ? bodyFor("compare-methods", shownOptions.value, { method, explain: null }) : null);
  const training = useAnswer<Train>("train", known && mode ? bodyFor("train", shownOptions.value, { mode: null, method: null, gpu: null }) : null);
  const rules = mode ? training.data?.methods.filter((rule) => rule.mode === mode) : serving.data?.methods;
  return rules?.find((rule) => rule.method === method && rule.function === fn.name);
}

function Calculator({ method, fn }: { method: Method; fn: Fn }) {
  const model = useModelInputs(method.name, fn);
  const { data, problem, pending } = useAnswer<Answered & { method: string }>("method", bodyOf(method.name, fn, model.inputs));
  const answer = data && data.function === fn.name && data.method === method.name ? data : null;
  const rule = useRule(method.name, fn, answer);
  const name = option("model").split("/").pop() ?? "";
  const can = fn.inputs.some((input) => input.from);
  const atInput = problem && fn.inputs.some((input) => problem.detail.includes(`\`${input.name}\``));
  const loose = answer?.notes.filter((note) => !fn.inputs.some((input) => note.message.includes(`\`${input.name}\``))) ?? [];
  return (
    <div class={`calculator ${useLate(pending) && answer ? "late" : ""}`} data-function={`${method.name}.${fn.name}`}>
      <header>
        <h2>{fn.title}</h2>
        <p class="muted">{method.title} · <span class="mono">{method.name}.{fn.name}</span></p>
      </header>
      {answer && <Main method={method} fn={fn} answer={answer} />}
      <section class="calc-left" aria-label={w().inputs}>
        <Switch label={w().take(name)} about={w().take_line} name="calc-model" value={can && onModel()} ignored={can ? undefined : w().cannot} onChange={setOnModel} />
        {can && <p class="note">{w().take_line}</p>}
        {model.inputs && Object.keys(model.inputs).length === 0 && <p class="note" role="status">{w().alien}</p>}
        {model.problem && <Problem problem={model.problem} />}
        <Inputs fn={fn} answer={answer} problem={problem?.detail ?? null} model={model.inputs} />
        {anyGiven() && <button type="button" class="link" onClick={forgetInputs}>{w().reset}</button>}
      </section>
      <section class="calc-right">
        {problem && !atInput && <Problem problem={problem} />}
        {loose.map((note) => <p key={note.message} class="alarm" role="alert">{note.message}</p>)}
        {answer && <Answer method={method} fn={fn} answer={answer} rule={rule} model={option("model")} />}
        <h3>{w().about}</h3>
        <Told method={method} fn={fn} />
      </section>
    </div>
  );
}

export function Calculators() {
  const methods = useMethods();
  const found = find(methods, chosen()) ?? find(methods, FIRST);
  return (
    <section class="calculators" data-view="calculators">
      <Chooser methods={methods} calculator={found ? `${found.method.name}.${found.fn.name}` : chosen()} />
      {found && <Calculator key={`${found.method.name}.${found.fn.name}`} method={found.method} fn={found.fn} />}
      {methods.length === 0 && <Weighing />}
    </section>
  );
}
