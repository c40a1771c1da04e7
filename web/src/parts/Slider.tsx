/* A slider that is a number field too. Arrow keys step through the ticks, with Shift finely; the model's own limit is a mark,
 * not a wall. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { tokens, whole } from "../format";
import { words } from "../text";
import { Quoted } from "./Problem";
import { fromPosition, next, STEPS, toPosition, typed, type Range } from "./scale";

interface Props {
  label: string;
  about?: string | undefined;
  name: string; /* of the option: errors of the API name it */
  value: string; /* "" is the default */
  fallback: number; /* what holds when nothing is given */
  range: Range;
  unit?: string | undefined;
  limit?: { at: number; text: string } | undefined;
  problem?: string | undefined;
  ignored?: string | undefined; /* why it has no effect at the moment */
  inTokens?: boolean;
  children?: ComponentChildren;
  onChange: (value: string) => void;
}

const w = words({
  en: { impact: (n: number) => `impact ${n} of 3`, best: "suggested" },
  zh: { impact: (n: number) => `影响 ${n}/3`, best: "建议范围" },
});

const TRACK = 300; /* px of the narrowest track */
const LETTER = 6.6;

/* The ticks that have room for their label: the chosen one, the ends, then from the left. */
function roomy(range: Range, show: (n: number) => string, chosen: number): Set<number> {
  const spans: [number, number][] = [];
  const shown = new Set<number>();
  const last = range.ticks[range.ticks.length - 1];
  const order = [chosen, range.ticks[0], last, ...range.ticks].filter((tick): tick is number => tick !== undefined && range.ticks.includes(tick));
  for (const tick of order) {
    const middle = (toPosition(range, tick) / STEPS) * TRACK;
    const half = (show(tick).length * LETTER) / 2 + 3;
    if (shown.has(tick) || spans.some(([from, to]) => middle + half > from && middle - half < to)) continue;
    spans.push([middle - half, middle + half]);
    shown.add(tick);
  }
  return shown;
}

/* A long label at the right end would stand out of the panel. */
function atEnd(range: Range, tick: number): boolean {
  return toPosition(range, tick) > 0.98 * STEPS;
}

export function Slider(props: Props) {
  const { label, about, name, value, fallback, range, unit, limit, problem, ignored, inTokens, onChange } = props;
  const id = useId();
  const number = typed(value) ?? fallback;
  const [text, setText] = useState(value || String(fallback));
  useEffect(() => setText(value || String(fallback)), [value, fallback]);
  const set = (n: number) => onChange(String(n));
  const show = (n: number) => (!Number.isInteger(n) ? String(n) : inTokens ? tokens(n) : whole(n));
  const labelled = roomy(range, show, number);
  const percent = (n: number) => `${toPosition(range, n) / (STEPS / 100)}%`;
  return (
    <div class={`control slider ${ignored ? "ignored" : ""}`} data-option={name}>
      <label for={id} title={about}>
        {label}
        {range.impact !== undefined && (
          <span class="impact" title={w().impact(range.impact)} aria-hidden="true">{"•".repeat(range.impact)}</span>
        )}
      </label>
      <span class="typed">
        <input id={id} type="text" inputMode="decimal" value={text} aria-invalid={problem ? "true" : undefined}
          aria-describedby={problem || ignored || about ? `${id}-note` : undefined} disabled={Boolean(ignored)}
          onInput={(event) => {
            setText(event.currentTarget.value);
            onChange(event.currentTarget.value.trim());
          }} />
        {unit && <span class="unit">{unit}</span>}
      </span>
      <span class="track">
        {range.best && (
          <span class="best" title={w().best}
            style={{ left: percent(range.best[0]), right: `calc(100% - ${percent(range.best[1])})` }} />
        )}
        {limit && <span class="limit" style={{ left: percent(limit.at) }} title={limit.text} />}
        <input type="range" min={0} max={STEPS} value={toPosition(range, number)} aria-label={label} disabled={Boolean(ignored)}
          aria-valuetext={`${show(number)}${unit ? ` ${unit}` : ""}`}
          onInput={(event) => set(fromPosition(range, Number(event.currentTarget.value)))}
          onKeyDown={(event) => {
            const up = event.key === "ArrowRight" || event.key === "ArrowUp";
            if (!up && event.key !== "ArrowLeft" && event.key !== "ArrowDown") return;
            event.preventDefault();
            set(next(range, number, up, event.shiftKey));
          }} />
        <span class="ticks" aria-hidden="true">
          {range.ticks.map((tick) => (
            <span key={tick} class={`${tick === number ? "on" : ""} ${atEnd(range, tick) ? "end" : ""}`} style={{ left: percent(tick) }} onClick={() => !ignored && set(tick)}>
              {labelled.has(tick) ? show(tick) : ""}
            </span>
          ))}
        </span>
      </span>
      {(problem || ignored || (limit && number > limit.at)) && (
        <p id={`${id}-note`} class={problem ? "problem" : "note"} role={problem ? "alert" : undefined}>
          {problem ? <Quoted text={problem} field={name} /> : (ignored ?? limit?.text)}
        </p>
      )}
      {!problem && !ignored && about && <span id={`${id}-note`} class="unseen">{about}</span>}
    </div>
  );
}
