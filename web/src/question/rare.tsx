/* Controls of rare options, made from what the server says of them. */
import { optionInfo } from "../api/ranges";
import { NumberField } from "../parts/NumberField";
import { Switch } from "../parts/Choice";
import { useFit, useProblemOf } from "../state/answers";
import { aboutOption, rangeOf } from "../state/controls";
import { change, option } from "../state/question";
import { useIdle } from "./idle";
import type { Rare } from "./More";
import { Quoted } from "../parts/Problem";

interface Props {
  name: string;
  label: string;
  fallback?: string | undefined;
  unit?: string | undefined;
  ignored?: string | undefined; /* why it has no effect at the moment */
  text?: boolean;
  besides?: Record<string, null>; /* what it takes the place of: a prompt, with the output, makes up the context */
  whole?: boolean;
}

const KIND_TEXT = new Set(["text", "bytes", "choice", "list", "model"]);

/* A few of the values that people give, as an example. */
function example(name: string): string | undefined {
  const info = optionInfo("fit", name);
  const given = info?.default ?? info?.examples?.[0];
  return given === undefined ? undefined : String(given);
}

function RareField({ name, label, fallback, unit, ignored, text, besides }: Props) {
  const kind = optionInfo("fit", name)?.kind;
  const idle = useIdle(name);
  return (
    <NumberField label={label} name={name} value={option(name)} fallback={fallback ?? example(name)} unit={unit}
      about={aboutOption(name)} range={rangeOf(name)} text={text ?? (kind !== undefined && KIND_TEXT.has(kind))}
      problem={useProblemOf(name)} ignored={option(name) ? undefined : ignored} note={idle ?? ignored}
      onChange={(value) => change({ [name]: value, ...(value && besides) })} />
  );
}

function RareSwitch({ name, label, ignored }: Props) {
  const idle = useIdle(name);
  const { problem } = useFit();
  const on = option(name) === "true";
  return (
    <>
      <Switch label={label} name={name} value={on} about={aboutOption(name)} ignored={on ? undefined : ignored} note={on ? idle : undefined}
        onChange={(value) => change({ [name]: value ? "true" : null })} />
      {problem?.field === name && <p class="problem" role="alert"><Quoted text={problem.detail} /></p>}
    </>
  );
}

export function rare(props: Props): Rare {
  const flag = optionInfo("fit", props.name)?.schema.type === "boolean";
  return {
    key: props.name,
    given: option(props.name) !== "",
    control: flag ? <RareSwitch {...props} /> : <RareField {...props} />,
    ...(props.whole && { whole: true }),
  };
}
