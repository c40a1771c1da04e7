/* Compare: a pinned question A over the present one B, to one scale; what differs stands out. */
import { useState } from "preact/hooks";
import { useAnswer } from "../api/answer";
import { ranges } from "../api/ranges";
import type { Fit, Params } from "../api/types";
import { bytes, tokens } from "../format";
import { componentClass } from "../parts/components";
import { Figure } from "../parts/Figure";
import { loadOfDevice, worstDevice } from "../parts/load";
import { LoadBar, overText, scaleOf } from "../parts/LoadBar";
import { Name } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { openWhy, type WhyRequest } from "../parts/why";
import { applyChange, phrase } from "../shell/changes";
import { shownOptions, useShownFit } from "../state/answers";
import { pin, pinned, swap, unpin } from "../state/pin";
import { bodyFor, type Options } from "../state/question";
import { words } from "../text";
import { componentWord } from "../text/terms";
import { useDifferences } from "./compare/difference";
import { askedRows, fieldRows, none, rowsOf, type Row } from "./compare/rows";
import { reachable } from "../parts/reachable";

const w = words({
  en: {
    none: "Nothing is pinned yet. Pin the question as it stands, and it stays as A while you change it to B.", pin: "Pin this question as A", key: "or press p",
    try: "Or pin it and try at once:", swap: "Swap A and B", unpin: "Unpin A", again: "Pin B in its place",
    same: "A and B are the same question still. Change anything of the question: what you see at the left is B.", only: "only differences",
    figures: "Figures", figure: "figure", difference: "B against A", asked: "Asked differently", fields: "Fields that differ", field: "field", option: "option", of: (used: string, all: string) => `${used} of ${all}`,
    alike: "No field of the configurations differs.", equal: "equal", count: (n: number) => `${n} differ`,
  },
  zh: {
    none: "尚未固定任何问题。固定当前问题后，它作为 A 保留，之后的修改即为 B。", pin: "将当前问题固定为 A", key: "或按 p",
    try: "也可以固定后立即尝试：", swap: "交换 A 与 B", unpin: "取消固定", again: "改为固定 B",
    same: "A 与 B 目前是同一个问题。修改问题的任意一处：左侧所见即为 B。", only: "只看差异",
    figures: "数值", figure: "项目", difference: "B 相对于 A", asked: "提问的差异", fields: "不同的配置字段", field: "字段", option: "选项", of: (used: string, all: string) => `${used} / ${all}`,
    alike: "两者的配置字段没有差异。", equal: "相同", count: (n: number) => `${n} 项不同`,
  },
});

function Unpinned() {
  const fit = useShownFit();
  return (
    <section class="unpinned">
      <p>{w().none}</p>
      <p><button type="button" class="button" data-action="pin" onClick={() => pin()}>{w().pin}</button> <span class="muted">{w().key}</span></p>
      {fit.data?.changes?.length ? (
        <p>
          {w().try}{" "}
          {fit.data.changes.slice(0, 5).map((entry) => (
            <button type="button" class="pick" key={entry.option} onClick={() => {
              pin();
              applyChange(entry);
            }}>{phrase(entry.option)}</button>
          ))}
        </p>
      ) : null}
    </section>
  );
}

function title(fit: Fit): string {
  const machine = fit.gpu ? `${fit.gpus} × ${fit.gpu.name}` : "";
  return [fit.model.split("/").pop(), fit.weights_format, `${fit.sequences} × ${tokens(fit.context)}`, machine].filter(Boolean).join(" · ");
}

function whyOf(question: Options, quantity: string, value: string): WhyRequest {
  return { title: componentWord(quantity), value, ask: { command: "fit", body: bodyFor("fit", question, { explain: quantity }) } };
}

function Bar({ fit, scale, mark, question }: { fit: Fit; scale: number; mark: string; question: Options }) {
  const device = worstDevice(fit);
  if (!device) return null;
  const load = loadOfDevice(device);
  return (
    <div class="pair-row" data-side={mark}>
      <span class="side-mark" aria-hidden="true">{mark}</span>
      <span class="side-title">{title(fit)}</span>
      <span class="bar-text">{load.capacity === null ? bytes(load.bytes) : w().of(bytes(load.bytes), bytes(load.capacity))}{overText(load) && <strong class="alarm"> {overText(load)}</strong>}</span>
      <div class="pair-bar">
        <LoadBar load={load} scale={scale} label={`${mark}: ${title(fit)}`}
          onWhy={(name) => openWhy(whyOf(question, name, bytes(device.components.find((part) => part.name === name)?.bytes ?? 0)))} />
      </div>
    </div>
  );
}

function Cell({ row, side, question }: { row: Row; side: "a" | "b"; question: Options }) {
  const text = row[side];
  return (
    <td class={`number ${row.better === side ? "better" : ""}`}>
      {row.why && text !== none() ? <Figure why={whyOf(question, row.why, text)}>{text}</Figure> : text}
    </td>
  );
}

function Figures({ rows, a, b }: { rows: readonly Row[]; a: Options; b: Options }) {
  const [only, setOnly] = useState(false);
  const differing = rows.filter((row) => row.a !== row.b).length;
  return (
    <section data-section="figures">
      <div class="section-head">
        <h2>{w().figures} <span class="muted">{differing ? w().count(differing) : w().equal}</span></h2>
        <label class="inline"><input type="checkbox" checked={only} onChange={(event) => setOnly(event.currentTarget.checked)} /> {w().only}</label>
      </div>
      <div class="wide" ref={reachable}>
        <table class="rows compare-figures">
          <thead><tr><th scope="col">{w().figure}</th><th scope="col" class="number">A</th><th scope="col" class="number">B</th><th scope="col" class="number">{w().difference}</th></tr></thead>
          <tbody>
            {rows.filter((row) => !only || row.a !== row.b).map((row) => (
              <tr key={row.key} class={row.a === row.b ? "equal" : "differs"} data-row={row.key}>
                <th scope="row">{row.tone && <span class={`swatch ${componentClass(row.tone)}`} aria-hidden="true" />}{row.name}</th>
                <Cell row={row} side="a" question={a} />
                <Cell row={row} side="b" question={b} />
                <td class="number">{row.difference}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Differences({ part, heading, name, rows, none }: { part: string; heading: string; name: string; rows: readonly { name: string; a: string; b: string }[]; none?: string }) {
  if (rows.length === 0) return none ? <section data-section={part}><h2>{heading}</h2><p class="muted">{none}</p></section> : null;
  return (
    <section data-section={part}>
      <h2>{heading}</h2>
      <div class="wide" ref={reachable}>
        <table class="rows differences">
          <thead><tr><th scope="col">{name}</th><th scope="col">A</th><th scope="col">B</th></tr></thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.name}><th scope="row" class="mono"><Name name={row.name} /></th><td class="mono">{row.a}</td><td class="mono">{row.b}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Sides({ question }: { question: Options }) {
  const known = ranges.value !== null;
  const b = useShownFit();
  const a = useAnswer<Fit>("fit", known ? bodyFor("fit", question) : null);
  const paramsA = useAnswer<Params>("params", known ? bodyFor("params", question) : null);
  const paramsB = useAnswer<Params>("params", known ? bodyFor("params", shownOptions.value) : null);
  const asked = askedRows(question, shownOptions.value);
  const differences = new Map([...useDifferences(question, shownOptions.value, "parameters"), ...useDifferences(question, shownOptions.value, "overview")]);
  const devices = [a.data, b.data].map((fit) => fit && worstDevice(fit));
  const scale = scaleOf(devices.flatMap((device) => (device ? [loadOfDevice(device)] : [])));
  return (
    <>
      <section>
        <div class="compare-tools">
          <button type="button" class="link" data-action="swap" onClick={swap}>{w().swap}</button>
          <button type="button" class="link" data-action="pin" onClick={() => pin()}>{w().again}</button>
          <button type="button" class="link" data-action="unpin" onClick={unpin}>{w().unpin}</button>
        </div>
        <div class="pair-rows">
          {a.problem && <Problem problem={a.problem} />}
          {a.data && <Bar fit={a.data} scale={scale} mark="A" question={question} />}
          {b.data && <Bar fit={b.data} scale={scale} mark="B" question={shownOptions.value} />}
        </div>
        {asked.length === 0 && <p class="aside-note">{w().same}</p>}
      </section>
      <Differences part="asked" heading={w().asked} name={w().option} rows={asked} />
      {a.data && b.data && (
        <>
          <Figures rows={rowsOf({ fit: a.data, params: paramsA.data }, { fit: b.data, params: paramsB.data }, differences)} a={question} b={shownOptions.value} />
          <Differences part="fields" heading={w().fields} name={w().field} rows={fieldRows(a.data, b.data)} none={w().alike} />
        </>
      )}
    </>
  );
}

export function Compare() {
  const question = pinned();
  return <div class="stack compare" data-view="compare">{question ? <Sides question={question} /> : <Unpinned />}</div>;
}
