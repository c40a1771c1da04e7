/* One way to train, part by part: how much, how sure, from where; and what rules of thumb say of the same. */
import { bytes, byteUnit, count, giga, gigaParts, percent, whole } from "../../format";
import { Figure } from "../../parts/Figure";
import { LoadBar } from "../../parts/LoadBar";
import { componentClass, onDevice } from "../../parts/components";
import { openWhy } from "../../parts/why";
import { extras, view } from "../../state/question";
import { langOf, words } from "../../text";
import { basis as basisWords, component, componentWord } from "../../text/terms";
import { off } from "../methods/words";
import { Verdict } from "./Modes";
import { loadOfMode } from "./train";
import type { Mode, Train } from "./types";
import { modeWord } from "./words";
import { whyOfMode, whyOfPart, whyOfTrained } from "./whys";

const w = words({
  en: {
    holds: (mode: string) => `${mode}: what one card holds`, component: "component", interval: "interval", basis: "basis",
    source: "source", total: "total", host: "on the host", trains: "trains", of: (n: string) => `of ${n}`, precision: "held as", stored: "as stored",
    adapter: "adapter", modules: "on", adapted: (n: string) => `${n} modules`, rules: "Rules of thumb for the same", exact: "exact", method: "method", says: "says",
    off: "off by", causes: "why", none: "No published rule answers this mode.",
  },
  zh: {
    holds: (mode: string) => `${mode}：每卡占用`, component: "组成", interval: "区间", basis: "依据", source: "出处", total: "合计",
    host: "在主机上", trains: "可训练", of: (n: string) => `共 ${n}`, precision: "精度方案", stored: "按存储精度", adapter: "适配器", modules: "作用于", adapted: (n: string) => `${n} 个模块`,
    rules: "经验公式对同一问题的回答", exact: "精确", method: "方法", says: "结果", off: "偏差", causes: "原因",
    none: "没有已发表的公式回答这种方式。",
  },
});

function range(low: number, high: number): string {
  return low === high ? "" : `${giga(low, 2)} – ${giga(high, 2)}`;
}

function Parts({ train, mode }: { train: Train; mode: Mode }) {
  const parts = onDevice(mode.components);
  const shown = gigaParts(parts.map((part) => part.bytes));
  return (
    <div class="wide" role="region" tabIndex={0} aria-label={modeWord(mode.mode)}>
      <table class="rows parts">
        <thead>
          <tr><th scope="col">{w().component}</th><th scope="col" class="number">{byteUnit.value}</th>
            <th scope="col" class="number">{w().interval}</th><th scope="col">{w().basis}</th><th scope="col">{w().source}</th></tr>
        </thead>
        <tbody>
          {parts.map((part, i) => (
            <tr key={part.name} data-component={part.name}>
              <th scope="row" title={component()[part.name]?.line}>
                <span class={`swatch ${componentClass(part.name)}`} aria-hidden="true" />{componentWord(part.name)}
              </th>
              <td class="number"><Figure why={whyOfPart(mode, part)}>{shown[i]}</Figure></td>
              <td class="number muted">{range(part.low_bytes, part.high_bytes)}</td>
              <td class="nowrap">{basisWords()[part.basis]?.mark} {basisWords()[part.basis]?.word}</td>
              <td class="muted" lang={langOf(part.source ?? "")}>{part.source}</td>
            </tr>
          ))}
          <tr class="sum">
            <th scope="row">{w().total}</th>
            <td class="number"><Figure strong why={whyOfMode(mode)}>{giga(mode.total_bytes)}</Figure></td>
            <td class="number muted">{range(mode.low_bytes, mode.high_bytes)}</td>
            <td colSpan={2}><Verdict train={train} mode={mode} /></td>
          </tr>
        </tbody>
      </table>
    </div>
  );
}

function Facts({ mode }: { mode: Mode }) {
  return (
    <dl class="train-facts">
      <div><dt>{w().trains}</dt><dd><Figure why={whyOfTrained(mode)}>{count(mode.trainable_parameters)}</Figure> {w().of(count(mode.total_parameters))} ({percent(mode.trainable_share, 2)})</dd></div>
      <div><dt>{w().precision}</dt><dd>{mode.precision === "as stored" ? w().stored : mode.precision}</dd></div>
      {mode.adapter && <div><dt>{w().adapter}</dt><dd>{mode.adapter.name}</dd></div>}
      {mode.adapter && mode.adapter.modules.length > 0 && (
        <div><dt>{w().modules}</dt><dd class="mono">{mode.adapter.modules.map((name) => name.replace(/^.*\.(?=\w+$)/, "")).join(", ")} · {w().adapted(whole(mode.adapter.adapted_modules))}</dd></div>
      )}
      {mode.host_bytes > 1e6 && <div><dt>{w().host}</dt><dd>{bytes(mode.host_bytes)}</dd></div>}
    </dl>
  );
}

function Rules({ train, mode }: { train: Train; mode: Mode }) {
  const rules = train.methods.filter((rule) => rule.mode === mode.mode);
  const open = (method: string) => {
    extras.value = { ...extras.value, rule: `train ${mode.mode} ${method}` };
    view.value = "methods";
  };
  if (!rules.length) return <p class="muted">{w().none}</p>;
  return (
    <table class="rows">
      <thead><tr><th scope="col">{w().method}</th><th scope="col" class="number">{w().says}, {byteUnit.value}</th><th scope="col" class="number">{w().off}</th><th scope="col"><span class="unseen">{w().causes}</span></th></tr></thead>
      <tbody>
        {rules.map((rule) => (
          <tr key={rule.method}>
            <th scope="row" class="mono">{rule.method}</th>
            <td class="number">{giga(rule.figure)}</td>
            <td class="number">{off(rule)}</td>
            <td><button type="button" class="link" onClick={() => open(rule.method)}>{w().causes}</button></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Detail({ train, mode }: { train: Train; mode: Mode }) {
  return (
    <section class="train-detail" aria-labelledby="train-detail" data-mode-detail={mode.mode}>
      <h2 id="train-detail">{w().holds(modeWord(mode.mode))}</h2>
      <LoadBar load={loadOfMode(train, mode)} label={modeWord(mode.mode)} onWhy={(name) => {
        const part = mode.components.find((one) => one.name === name);
        if (part) openWhy(whyOfPart(mode, part));
      }} />
      <Facts mode={mode} />
      <Parts train={train} mode={mode} />
      <h3>{w().rules}</h3>
      <Rules train={train} mode={mode} />
    </section>
  );
}

