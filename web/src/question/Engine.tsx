/* The engine, its release, and how much of a card it leaves alone. */
import { engineOptionInfo } from "../api/ranges";
import type { Fit } from "../api/types";
import { Choice, Switch } from "../parts/Choice";
import { NumberField } from "../parts/NumberField";
import { Slider } from "../parts/Slider";
import { useFit, useOfFit, useProblemOf } from "../state/answers";
import { rangeFrom } from "../state/controls";
import { change, changeMember, memberOf, option, optionList } from "../state/question";
import { words } from "../text";
import { engineTitle } from "../text/terms";
import { engineName, familyOf, useEngineOptions, useEngines, type EngineOption, type EngineRow } from "./engines";
import { useIdle } from "./idle";
import type { Rare } from "./More";

const w = words({
  en: {
    engine: "Engine", release: "Release", generic: "none in particular", usual: "usual",
    reserve: "Reserve, share of a card", reserve_line: "The share of each card's memory that is kept free.", use: "Use, share of a card",
    use_line: "The share of each card that the engine takes for itself.",
  },
  zh: {
    engine: "推理引擎", release: "版本", generic: "不限", usual: "通常",
    reserve: "余量（占显存比例）", reserve_line: "每张卡上留空的显存比例。", use: "使用（占显存比例）", use_line: "引擎在每张卡上可占用的比例。",
  },
});

export function engineWord(engines: readonly EngineRow[], name: string): string {
  const family = familyOf(engines, engineName(name));
  return engineTitle(family);
}

/* Options by which engines leave a part of the card alone; the rest is theirs. */
const SHARES: Readonly<Record<string, "reserve" | "use">> = {
  reserve: "reserve", gpu_memory_utilization: "use", mem_fraction_static: "use", free_gpu_memory_fraction: "use",
};

const SHARE = {
  reserve: { min: 0, max: 0.5, step: 0.01, ticks: [0, 0.05, 0.1, 0.2, 0.3, 0.5] },
  use: { min: 0.5, max: 1, step: 0.01, ticks: [0.5, 0.6, 0.7, 0.8, 0.9, 1] },
};

export function EngineChoice() {
  const engines = useEngines();
  const told = useProblemOf("engine");
  const problem = told && optionList("engine-option").some((entry) => told.includes(entry.split("=")[0] ?? "")) ? undefined : told;
  const given = option("engine") && engineName(option("engine"));
  const family = familyOf(engines, given || "generic");
  const families = [...new Set(engines.map((engine) => familyOf(engines, engine.name)))];
  const releases = engines.filter((engine) => familyOf(engines, engine.name) === family && engine.name !== family);
  const usual = engines.find((engine) => engine.name === family);
  const others = releases.filter((engine) => engine.releases !== usual?.releases || engine.name === given);
  const choose = (value: string) => change({ engine: value === "generic" ? null : value, "engine-option": null });
  return (
    <div class={releases.length ? "pair" : ""}>
      <Choice label={w().engine} name="engine" value={family} problem={problem}
        entries={(families.length ? families : [family]).map((value) => ({ value, text: value === "generic" ? w().generic : engineTitle(value) }))}
        onChange={choose} />
      {releases.length > 0 && (
        <Choice label={w().release} name="engine-release" value={given || family}
          entries={[{ value: family, text: usual?.releases || w().usual }, ...others.map((engine) => ({ value: engine.name, text: engine.releases || engine.release }))]}
          onChange={choose} />
      )}
    </div>
  );
}

/* What holds for an option when nothing is given: the answer says it. */
const engineOf = (fit: Fit | null) => fit && { engine: fit.engine, options: fit.engine_options };

function inForce(fit: ReturnType<typeof engineOf>, name: string): string | undefined {
  const value = fit?.options[name];
  return value === undefined || value === null ? undefined : String(value);
}

function problemOf(fit: ReturnType<typeof useFit>, name: string): string | undefined {
  const { problem } = fit;
  if (!problem || !memberOf("engine-option", name)) return undefined;
  return problem.field === name || problem.detail.includes(name) ? problem.detail : undefined;
}

export function Reserve() {
  const fit = useFit();
  const now = useOfFit(engineOf);
  const name = Object.keys(now?.options ?? {}).find((key) => key in SHARES);
  const kind = name ? SHARES[name] : undefined;
  if (!name || !kind || !now) return null;
  const told = engineOptionInfo(now.engine, name);
  const fallback = Number(inForce(now, name) ?? 0);
  return (
    <Slider label={w()[kind]} about={w()[`${kind}_line`]} name={name} value={memberOf("engine-option", name)} fallback={fallback}
      range={told ? rangeFrom(told, SHARE[kind]) : SHARE[kind]} problem={problemOf(fit, name)}
      ignored={option("gpu") || option("gpu-memory") ? undefined : noCard()}
      onChange={(value) => changeMember("engine-option", name, value)} />
  );
}

const noCard = words({ en: "Choose a card first.", zh: "请先选择显卡。" });

function Field({ of, engine }: { of: EngineOption; engine: string }) {
  const fit = useFit();
  const engineNow = useOfFit(engineOf);
  const idle = useIdle("engine-option", of.name);
  const told = engineOptionInfo(engine, of.name);
  const given = memberOf("engine-option", of.name);
  const now = given ? undefined : inForce(engineNow, of.name);
  const standard = told?.default ?? now ?? (of.default === "null" ? "" : of.default.replace(/^"|"$/g, ""));
  if (/^(true|false)$/.test(of.default))
    return (
      <>
        <Switch label={of.name} name={of.name} value={(given || of.default) === "true"} about={of.aliases?.replace(/\|/g, ", ")}
          onChange={(value) => changeMember("engine-option", of.name, String(value) === of.default ? null : String(value))} />
        {idle && <p class="note">{idle}</p>}
      </>
    );
  return (
    <NumberField label={of.name} name={of.name} value={given} fallback={String(standard)} problem={problemOf(fit, of.name)} note={idle}
      about={of.aliases?.replace(/\|/g, ", ")} range={told ? rangeFrom(told) : undefined} text={!told || told.kind === "text"}
      onChange={(value) => changeMember("engine-option", of.name, value)} />
  );
}

/* The engine's own options under their own names; the reserve has a control of its own. */
export function useEngineRare(): Rare[] {
  const engine = engineName(option("engine") || "generic");
  return useEngineOptions(engine)
    .filter((one) => !(one.name in SHARES))
    .map((one) => ({ key: `${engine} ${one.name}`, given: memberOf("engine-option", one.name) !== "", whole: true, of: "engine",
      control: <Field of={one} engine={engine} /> }));
}
