/* The configuration's own fields, to be changed one by one; each that was changed has a way back. */
import { Fragment } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { useAnswer } from "../api/answer";
import type { Field, Params } from "../api/types";
import { useFit } from "../state/answers";
import { bodyFor, change, changeMember, memberOf, option, optionList, options } from "../state/question";
import { words } from "../text";
import { FIELD_GROUPS, grouped, shortKey, stepOf, type FieldGroup } from "./fields";
import { Quoted } from "../parts/Problem";

const w = words<{ groups: Record<FieldGroup, string>; all: string; back: (was: string) => string; short: string; assumed: string;
  standard: string; set: string }>({
  en: {
    groups: { size: "Depth and width", attention: "Attention", ffn: "Feed-forward", moe: "Experts", vocabulary: "Vocabulary",
      vision: "Vision", audio: "Audio", other: "Other" },
    all: "all as published", back: (was) => `back to ${was}`, short: "back", assumed: "assumed", standard: "default of the class", set: "changed",
  },
  zh: {
    groups: { size: "深度与宽度", attention: "注意力", ffn: "前馈网络", moe: "专家", vocabulary: "词表", vision: "视觉", audio: "音频", other: "其他" },
    all: "全部恢复原值", back: (was) => `恢复为 ${was}`, short: "恢复", assumed: "假定", standard: "类的默认值", set: "已更改",
  },
});

interface Row {
  field: Field;
  was: string | undefined;
  problem: string | undefined;
}

function Bool({ field, id }: { field: Field; id: string }) {
  return (
    <input id={id} type="checkbox" role="switch" checked={field.value === true} data-field={field.key}
      onChange={(event) => changeMember("set", field.key, String(event.currentTarget.checked))} />
  );
}

function Numeric({ field, id, problem }: { field: Field; id: string; problem: string | undefined }) {
  const given = memberOf("set", field.key) || String(field.value);
  const [text, setText] = useState(given);
  useEffect(() => setText(given), [given]);
  const put = (value: string) => {
    setText(value);
    changeMember("set", field.key, value.trim());
  };
  return (
    <input id={id} type="text" inputMode="decimal" class="mono" value={text} data-field={field.key} autocomplete="off"
      aria-invalid={problem ? "true" : undefined}
      onInput={(event) => put(event.currentTarget.value)}
      onKeyDown={(event) => {
        const up = event.key === "ArrowUp";
        const now = Number(text);
        if ((!up && event.key !== "ArrowDown") || !Number.isFinite(now)) return;
        event.preventDefault();
        const step = event.shiftKey ? 1 : stepOf(now);
        put(String(Math.max(0, Number((now + (up ? step : -step)).toPrecision(12)))));
      }} />
  );
}

/* Long names break after an underscore. */
function broken(key: string) {
  return key.split(/(?<=[_.])/).map((part, i) => <Fragment key={i}>{i > 0 && <wbr />}{part}</Fragment>);
}

function FieldRow({ field, was, problem }: Row) {
  const id = useId();
  const changed = memberOf("set", field.key) !== "";
  const origin = field.origin === "assumed" ? w().assumed : field.origin === "default" ? w().standard : undefined;
  const fixed = typeof field.value !== "number" && typeof field.value !== "boolean";
  return (
    <div class={`dimension ${changed ? "changed" : ""}`}>
      <label for={fixed ? undefined : id} class="mono" title={origin ? `${field.key}: ${origin}` : field.key}>
        {broken(shortKey(field.key))}{field.origin === "assumed" && <span class="basis" aria-label={w().assumed}>?</span>}
      </label>
      {fixed ? <span class="mono fixed" title={String(field.value)}>{String(field.value)}</span>
        : typeof field.value === "boolean" ? <Bool field={field} id={id} /> : <Numeric field={field} id={id} problem={problem} />}
      {changed && (
        <button type="button" class="link back" title={was && w().back(was)} aria-label={`${field.key}: ${w().back(was ?? "")}`}
          onClick={() => changeMember("set", field.key, null)}>{was ?? w().short}</button>
      )}
      {problem && <p class="problem" role="alert"><Quoted text={problem} /></p>}
    </div>
  );
}

/* Lists are shown as they are, cut by CSS. */
export function Dimensions() {
  const { data, problem } = useFit();
  const given = optionList("set");
  const plain = useAnswer<Params>("params", given.length ? bodyFor("params", options.value, { set: null }) : null);
  const published = new Map((plain.data?.fields ?? []).map((field) => [field.key, String(field.value)]));
  const groups = grouped(data?.fields ?? []);
  const atFault = (key: string) => (problem && given.length && problem.detail.includes(`\`${key}\``) ? problem.detail : undefined);
  const rows = (kind: FieldGroup) => (groups.get(kind) ?? []).map((field) => (
    <FieldRow key={field.key} field={field} was={published.get(field.key)} problem={atFault(field.key)} />
  ));
  return (
    <div class="dimensions">
      {FIELD_GROUPS.filter((kind) => groups.has(kind)).map((kind) => (
        <fieldset key={kind} data-fields={kind}>
          <legend>{w().groups[kind]}</legend>
          {rows(kind)}
        </fieldset>
      ))}
      {option("set") && <button type="button" class="link" onClick={() => change({ set: null })}>{w().all}</button>}
    </div>
  );
}
