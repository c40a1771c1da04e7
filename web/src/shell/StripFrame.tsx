/* The frame of the answer strip: a sentence, the load bars to one scale, a legend and the limits. It stays in sight while the
 * view scrolls, on a low screen without its foot; on a narrow one its place is taken by two lines at the foot of the screen. How
 * high what stays is goes to the stylesheet, for what stands below it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Problem as Told } from "../api/client";
import type { Component } from "../api/types";
import { bytes } from "../format";
import { componentClass, onDevice } from "../parts/components";
import { Figure } from "../parts/Figure";
import { LoadBar, overText, scaleOf, type Load } from "../parts/LoadBar";
import { Problem } from "../parts/Problem";
import { reachable } from "../parts/reachable";
import type { WhyRequest } from "../parts/why";
import { words } from "../text";
import { componentWord } from "../text/terms";
import { Tools } from "./Tools";

const w = words({
  en: { answer: "Answer", short: "The answer in short", fits: (n: string) => `fits, ${n} spare`, reserve: (n: string) => `leaves ${n} of the reserve`, alike: (n: number) => `${n - 1} more like this`, of: (used: string, all: string) => `${used} of ${all}` },
  zh: { answer: "答案", short: "答案概要", fits: (n: string) => `放得下，剩 ${n}`, reserve: (n: string) => `余量只剩 ${n}`, alike: (n: number) => `另有 ${n - 1} 个相同`, of: (used: string, all: string) => `${used} / ${all}` },
});

export interface Row {
  key: string | number;
  load: Load;
  label: string;
  alike: number;
  onWhy: (component: string) => void;
}

function Bars({ rows }: { rows: readonly Row[] }) {
  const scale = scaleOf(rows.map((row) => row.load));
  return (
    <div class="bars">
      {rows.map(({ key, load, label, alike, onWhy }) => (
        <div class="bar-row" key={key}>
          <LoadBar load={load} scale={scale} label={label} onWhy={onWhy} />
          <span class="bar-text">
            {load.capacity === null ? bytes(load.bytes) : w().of(bytes(load.bytes), bytes(load.capacity))}
            <span class="bar-note">
              {overText(load) && <strong class="alarm">{overText(load)}</strong>}
              {alike > 1 && <span class="muted">{w().alike(alike)}</span>}
            </span>
          </span>
        </div>
      ))}
    </div>
  );
}

export function LegendOf({ parts, whyOf }: { parts: readonly Component[]; whyOf: (part: Component) => WhyRequest }) {
  return (
    <ul class="legend one-line" ref={reachable}>
      {onDevice(parts).map((part) => (
        <li key={part.name}>
          <span class={`swatch ${componentClass(part.name)}`} aria-hidden="true" />
          {componentWord(part.name)}{" "}
          <Figure name={part.name} exact={part.bytes} why={whyOf(part)} basis={part.basis}>{bytes(part.bytes)}</Figure>
        </li>
      ))}
    </ul>
  );
}

/* Narrow screens: what weighs and whether it fits, in two lines; a touch goes to the whole answer. */
function Foot({ row, problem }: { row: Row | undefined; problem: Told | null }) {
  const load = row?.load;
  const spare = load?.spare;
  const fits = load && load.budget !== null && load.bytes <= load.budget;
  const verdict = typeof spare !== "number" || spare < 0 ? "" : fits ? w().fits(bytes(spare)) : w().reserve(bytes(spare));
  const go = () => {
    document.getElementById("answer")?.scrollIntoView({ block: "start" });
    document.getElementById("answer")?.focus({ preventScroll: true });
  };
  return (
    <button type="button" class="foot" title={w().short} onClick={go}>
      {load && <LoadBar small load={load} label={row.label} />}
      {problem && <span class="foot-text problem">{problem.detail.replace(/`/g, "")}</span>}
      {!problem && load && (
        <span class="foot-text">
          <strong>{load.capacity === null ? bytes(load.bytes) : w().of(bytes(load.bytes), bytes(load.capacity))}</strong>
          {overText(load) ? <span class="alarm">{overText(load)}</span> : <span class={fits ? "good" : "alarm"}>{verdict}</span>}
        </span>
      )}
    </button>
  );
}

/* --strip: the height of what stays in sight. */
function useHeight() {
  const strip = useRef<HTMLElement>(null);
  const head = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const measure = () => {
      const foot = strip.current?.querySelector<HTMLElement>(".foot");
      const whole = strip.current && getComputedStyle(strip.current).display !== "contents";
      const stays = foot?.offsetHeight ? foot : whole ? strip.current : head.current;
      document.documentElement.style.setProperty("--strip", `${Math.round(stays?.offsetHeight ?? 0)}px`);
    };
    const observer = new ResizeObserver(measure);
    if (strip.current) observer.observe(strip.current);
    if (head.current) observer.observe(head.current);
    window.addEventListener("resize", measure);
    return () => {
      observer.disconnect();
      window.removeEventListener("resize", measure);
    };
  }, []);
  return { strip, head };
}

interface Props {
  sentence: ComponentChildren;
  problem: Told | null;
  late?: boolean;
  rows?: readonly Row[] | undefined;
  foot?: ComponentChildren;
}

export function StripFrame({ sentence, problem, late = false, rows, foot }: Props) {
  const { strip, head } = useHeight();
  return (
    <section ref={strip} class={`strip ${late || problem ? "late" : ""}`} aria-label={w().answer}>
      <div ref={head} class="strip-head">
        <div role="status" aria-live="polite">{problem ? <Problem problem={problem} /> : sentence}</div>
        {rows && <Bars rows={rows} />}
        <Tools />
      </div>
      {foot && <div class="strip-foot">{foot}</div>}
      <Foot row={rows?.[0]} problem={problem} />
    </section>
  );
}
