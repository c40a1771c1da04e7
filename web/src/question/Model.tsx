/* Group 1: which model, what it is and where that is known from; its dimensions, to be changed. */
import { useEffect, useState } from "preact/hooks";
import type { Problem as Refused } from "../api/client";
import type { Fit, Params } from "../api/types";
import { count } from "../format";
import { Figure } from "../parts/Figure";
import { Problem } from "../parts/Problem";
import { Remark } from "../parts/Remark";
import { useOfFit } from "../state/answers";
import { change, option, optionList } from "../state/question";
import { whyOfQuantity } from "../state/whys";
import { words } from "../text";
import { Dimensions } from "./Dimensions";
import { useParams } from "./model";
import { ModelSearch } from "./ModelSearch";
import { rememberModel } from "./recent";
import { isSent, keepInRegistry, recall, sentNames } from "./send";
import { Send } from "./Send";

const w = words({
  en: {
    edit: "Change dimensions", done: "Hide dimensions", start: "Start from scratch", parameters: "parameters",
    active: (n: string) => `${n} active`, changed: (n: number) => `${n} changed`,
    where: { catalogue: "from the catalogue", registry: "from the registry", sent: "your configuration", assumed: "dimensions assumed from the size",
      rebuilt: "read as a plain decoder", formula: "a rule of thumb alone" } as Record<string, string>,
    keep: "Keep in the registry", as: "Name in the registry", go: "keep", none: "This server has no registry; start it with --registry FILE.",
    said: (n: number) => (n === 1 ? "1 remark" : `${n} remarks`),
  },
  zh: {
    edit: "修改维度", done: "收起维度", start: "从头输入", parameters: "参数", active: (n: string) => `激活 ${n}`,
    changed: (n: number) => `已改 ${n} 项`,
    where: { catalogue: "来自模型库", registry: "来自登记库", sent: "您的配置", assumed: "维度按规模假定", rebuilt: "按普通解码器读取",
      formula: "仅按经验公式" } as Record<string, string>,
    keep: "保存到登记库", as: "登记名称", go: "保存", none: "此服务器没有登记库；启动时加上 --registry FILE。",
    said: (n: number) => `${n} 条说明`,
  },
});

/* The same answer for the line of a folded group and for the facts: the client keeps it. */
const PLAIN = "7B dense";

function named(model: string): string {
  return isSent(model) ? (sentNames.value[model] ?? "config.json") : model;
}

export function modelLine(): string {
  const changed = optionList("set").length;
  return [named(option("model")), changed ? w().changed(changed) : ""].filter(Boolean).join(" · ");
}

interface Told {
  type: string | undefined;
  step: string | undefined; /* of the ladder on which it was found */
  assumed: boolean;
  warnings: NonNullable<Fit["warnings"]>;
}

function toldOf(fit: Fit | null): Told | null {
  return fit && {
    type: fit.model_type, step: fit.resolution?.filter((one) => one.found).pop()?.step,
    assumed: fit.fields?.some((field) => field.origin === "assumed") ?? false, warnings: fit.warnings ?? [],
  };
}

function whereFrom({ step, assumed }: Told): string | undefined {
  if (isSent(option("model"))) return w().where.sent;
  if (step) return w().where[step] ?? step;
  return assumed ? w().where.assumed : undefined;
}

function Facts({ told, params }: { told: Told; params: Params | null }) {
  const where = whereFrom(told);
  return (
    <p class="model-facts">
      {told.type && <span class="mono">{told.type}</span>}
      {params && (
        <>
          {" · "}
          <Figure why={whyOfQuantity("explain", "total_parameters", count(params.total_parameters))}>{count(params.total_parameters)}</Figure>
          {" "}{w().parameters}
          {params.active_parameters !== params.total_parameters && ` (${w().active(count(params.active_parameters))})`}
        </>
      )}
      {where && ` · ${where}`}
    </p>
  );
}

function Keep({ id }: { id: string }) {
  const [name, setName] = useState<string | null>(null);
  const [told, setTold] = useState<Refused | "no registry" | null>(null);
  if (name === null) return <button type="button" class="link" onClick={() => setName(`local/${named(id).split("/").pop() ?? "model"}`)}>{w().keep}</button>;
  return (
    <form class="keep" onSubmit={(event) => { event.preventDefault(); void keepInRegistry(id, name.trim()).then(setTold); }}>
      <input type="text" aria-label={w().as} value={name} onInput={(event) => setName(event.currentTarget.value)} />
      <button type="submit" class="plain-button">{w().go}</button>
      {told === "no registry" ? <p class="note">{w().none}</p> : told && <Problem problem={told} />}
    </form>
  );
}

function Remarks({ said }: { said: Told["warnings"] }) {
  if (!said.length) return null;
  return (
    <details class="remarks" data-remarks={said.length}>
      <summary>{w().said(said.length)}</summary>
      <ul>{said.map((one) => <li key={one.code + one.message} data-code={one.code}><Remark said={one} /></li>)}</ul>
    </details>
  );
}

function take(key: string): void {
  if (key === option("model")) return;
  rememberModel(option("model"));
  rememberModel(key);
  change({ model: key, set: null });
}

export function Model() {
  const told = useOfFit(toldOf);
  const [editing, setEditing] = useState<boolean | null>(null); /* null: open where something is changed */
  const params = useParams();
  const model = option("model");
  useEffect(() => void recall(model), [model]);
  const open = editing ?? option("set") !== "";
  return (
    <>
      <ModelSearch id="model-search" name="model" label={named(model)} onTake={take} />
      {told && <Facts told={told} params={params.data} />}
      {told && <Remarks said={told.warnings} />}
      <p class="actions">
        <button type="button" class="link" aria-expanded={open} data-action="dimensions" onClick={() => setEditing(!open)}>{open ? w().done : w().edit}</button>
        {!open && <button type="button" class="link" data-action="plain" onClick={() => { change({ model: PLAIN, set: null }); setEditing(true); }}>{w().start}</button>}
        {isSent(model) && <Keep key={model} id={model} />}
      </p>
      {open && <Dimensions />}
      <Send />
    </>
  );
}
