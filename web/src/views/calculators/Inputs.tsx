/* The inputs of a calculator: sliders that can be typed into, choices, switches. One that no formula reads stays in place and says why. */
import { Choice, Switch } from "../../parts/Choice";
import { Slider } from "../../parts/Slider";
import { words } from "../../text";
import { Picker } from "../finetune/Picker";
import type { Answered, Fn, Input, Plain } from "../methods/types";
import { rangeOfInput } from "./ranges";
import { give, given, takenOf } from "./state";
import { unitWord } from "./words";

const w = words({
  en: { nothing: "No formula of this function reads it.", model: "from the model", question: "from the question", yours: "yours", default: "default", none: "nothing of that name" },
  zh: { nothing: "该函数的公式均不读取它。", model: "取自模型", question: "取自当前问题", yours: "您的输入", default: "默认值", none: "没有此名称" },
});

interface Props {
  fn: Fn;
  answer: Answered | null;
  problem: string | null;
  model: Readonly<Record<string, Plain>> | undefined;
}

function isFlag(input: Input, used: Plain | undefined): boolean {
  return typeof used === "boolean" || input.default === "true" || input.default === "false";
}

/* What the default says, until the answer tells what was used. */
function fallbackOf(input: Input, used: Plain | undefined): string {
  if (used !== undefined) return used === null ? "" : typeof used === "object" ? JSON.stringify(used) : String(used);
  return (input.default ?? "").replace(/^"(.*)"$/, "$1");
}

function Control({ input, used, ignored, problem }: { input: Input; used: Plain | undefined; ignored: string | undefined; problem: string | undefined }) {
  const [text, fallback] = [given(input.name), fallbackOf(input, used)];
  const label = input.meaning;
  const set = (value: string) => give(input.name, value);
  if (input.choices)
    return <Choice label={label} name={input.name} value={text || fallback} ignored={ignored} problem={problem}
      entries={input.choices.map((choice, i) => ({ value: String(choice), text: input.choice_meanings?.[i] || String(choice) }))} onChange={set} />;
  if (isFlag(input, used)) return <Switch label={label} name={input.name} value={(text || fallback) === "true"} ignored={ignored} onChange={(on) => set(String(on))} />;
  const range = rangeOfInput(input);
  if (range)
    return <Slider label={label} name={input.name} value={text} fallback={Number(fallback) || range.min} range={range} unit={unitWord(input.unit)} inTokens={input.unit === "tokens"}
      ignored={ignored} problem={problem} onChange={set} />;
  return <Picker label={label} name={input.name} value={text} placeholder={fallback} none={w().none} free ignored={ignored} problem={problem}
    items={(input.suggestions ?? []).map((one) => ({ value: String(one) }))} onChange={set} />;
}

/* The API's words that name an input stand at it. */
function about(message: string | undefined | null, name: string): string | undefined {
  return message?.includes(`\`${name}\``) ? message : undefined;
}

export function Inputs({ fn, answer, problem, model }: Props) {
  const ignored = new Set(answer?.ignored ?? []);
  return (
    <div class="calc-inputs">
      {fn.inputs.map((input) => {
        const deaf = !input.has_effect || ignored.has(input.name) ? (input.no_effect_because ?? w().nothing) : undefined;
        const origin = given(input.name) !== "" ? "yours" : (takenOf(fn, input, model)?.from ?? "default");
        const note = answer?.notes.find((one) => about(one.message, input.name))?.message;
        return (
          <div class="calc-input" key={input.name} data-input={input.name} data-origin={origin}>
            <Control input={input} used={answer?.inputs[input.name]} ignored={deaf} problem={about(problem, input.name)} />
            <p class="origin"><span class="mono">{input.name}</span> · {given(input.name) !== ""
              ? <>{w().yours} <button type="button" class="link" aria-label={`${input.meaning}: ${w().default}`} onClick={() => give(input.name, "")}>×</button></>
              : w()[origin]}</p>
            {note && <p class="note">{note}</p>}
          </div>
        );
      })}
    </div>
  );
}
