/* A number that is typed: arrow keys step through its ticks, with Shift by its own step. */
import { Quoted } from "./Problem";
import { useEffect, useId, useState } from "preact/hooks";
import { next, typed, type Range } from "./scale";

interface Props {
  label: string;
  about?: string | undefined;
  name: string;
  value: string; /* "" is the default */
  fallback?: string | undefined; /* what holds when nothing is given, as a placeholder */
  range?: Range | undefined;
  unit?: string | undefined;
  text?: boolean; /* not a number: no steps */
  problem?: string | undefined;
  ignored?: string | undefined;
  note?: string | undefined;
  onChange: (value: string) => void;
}

export function NumberField(props: Props) {
  const { label, about, name, value, fallback, range, unit, problem, ignored, note, onChange } = props;
  const id = useId();
  const [shown, setShown] = useState(value);
  useEffect(() => setShown(value), [value]);
  const words = problem ?? ignored ?? note;
  const step = (event: KeyboardEvent) => {
    const up = event.key === "ArrowUp";
    if (props.text || !range || (!up && event.key !== "ArrowDown")) return;
    event.preventDefault();
    const now = typed(shown) ?? typed(fallback ?? "") ?? range.min;
    onChange(String(next(range, now, up, event.shiftKey)));
  };
  return (
    <div class={`control number ${ignored ? "ignored" : ""}`} data-option={name}>
      <label for={id} title={about}>{label}</label>
      <span class="typed">
        <input id={id} type="text" inputMode={props.text ? "text" : "decimal"} class="mono" value={shown} placeholder={fallback} autocomplete="off"
          spellcheck={false} disabled={Boolean(ignored)} aria-invalid={problem ? "true" : undefined}
          aria-describedby={words || about ? `${id}-note` : undefined} onKeyDown={step}
          onInput={(event) => {
            setShown(event.currentTarget.value);
            onChange(event.currentTarget.value.trim());
          }} />
        {unit && <span class="unit">{unit}</span>}
      </span>
      {words && <p id={`${id}-note`} class={problem ? "problem" : "note"} role={problem ? "alert" : undefined}>{problem ? <Quoted text={problem} field={name} /> : words}</p>}
      {!words && about && <span id={`${id}-note`} class="unseen">{about}</span>}
    </div>
  );
}
