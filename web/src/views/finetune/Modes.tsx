/* Every way to train, side by side and to one scale: what it takes, what trains, whether it fits and by how much not. */
import { bytes, count, giga, byteUnit, whole } from "../../format";
import { Figure } from "../../parts/Figure";
import { LoadBar, scaleOf } from "../../parts/LoadBar";
import { componentClass, onDevice } from "../../parts/components";
import { words } from "../../text";
import { componentWord } from "../../text/terms";
import { loadOfMode } from "./train";
import type { Mode, Refused, Train } from "./types";
import { listed, modes, modeWord } from "./words";
import { whyOfMode, whyOfTrained } from "./whys";

const w = words({
  en: {
    mode: "Mode", takes: "one card holds", total: "total", trained: "trains", verdict: "on the card", fits: "fits",
    spare: (n: string) => `fits, ${n} spare`, may: (n: string) => `fits; may reach ${n}`, into: (n: string) => `leaves ${n} of the reserve`,
    over: (n: string) => `${n} over`, refused: "cannot be", colours: "Components",
  },
  zh: {
    mode: "方式", takes: "每卡占用", total: "总量", trained: "可训练", verdict: "能否放下", fits: "放得下",
    spare: (n: string) => `放得下，剩 ${n}`, may: (n: string) => `放得下；可能达 ${n}`, into: (n: string) => `余量只剩 ${n}`,
    over: (n: string) => `超出 ${n}`, refused: "不可行", colours: "组成部分",
  },
});

/* In one unit down the column. */
function inUnit(value: number): string {
  const text = giga(value, 1);
  return `${text.length > 5 ? whole(Number(text)) : text}\u00a0${byteUnit.value}`;
}

export function Verdict({ train, mode }: { train: Train; mode: Mode }) {
  const { spare_bytes: spare } = mode;
  if (train.usable_bytes === undefined || spare === undefined) return null;
  if (spare < 0) return <span class="alarm">{w().over(bytes(-spare))}</span>;
  if (!mode.fits) return <span class="alarm">{w().into(bytes(spare))}</span>;
  if (mode.high_bytes > train.usable_bytes) return <span class="good">{w().may(bytes(mode.high_bytes))}</span>;
  return <span class="good">{w().spare(bytes(spare))}</span>;
}

function Row({ train, mode, scale, chosen, choose }: { train: Train; mode: Mode; scale: number; chosen: boolean; choose: () => void }) {
  return (
    <div role="row" class={`mode ${chosen ? "chosen" : ""}`} data-mode={mode.mode} onClick={choose}>
      <span role="rowheader" class="mode-name">
        <button type="button" class="link" aria-pressed={chosen} onClick={choose}>{modeWord(mode.mode)}</button>
        <span class="muted">{modes()[mode.mode]?.line}</span>
      </span>
      <span role="cell" class="mode-bar"><LoadBar small load={loadOfMode(train, mode)} scale={scale} label={modeWord(mode.mode)} /></span>
      <span role="cell" class="mode-total number" data-figure={`${mode.mode}-total`} onClick={(event) => event.stopPropagation()}>
        <Figure why={whyOfMode(mode)}>{inUnit(mode.total_bytes)}</Figure>
      </span>
      <span role="cell" class="mode-trained number" onClick={(event) => event.stopPropagation()}>
        <span class="small-only muted">{w().trained} </span>
        <Figure why={whyOfTrained(mode)}>{count(mode.trainable_parameters)}</Figure>
      </span>
      <span role="cell" class="mode-verdict"><Verdict train={train} mode={mode} /></span>
    </div>
  );
}

/* Modes that cannot be for the same reason share it. */
function RefusedRows({ refused }: { refused: readonly Refused[] }) {
  const reasons = [...new Set(refused.map((one) => one.reason))];
  return (
    <>
      {reasons.map((reason) => {
        const those = refused.filter((one) => one.reason === reason);
        return (
          <div role="row" class="mode refused" key={reason} data-refused={those.map((one) => one.mode).join(" ")}>
            <span role="rowheader" class="mode-name">{listed(those.map((one) => modeWord(one.mode)))}</span>
            <span role="cell" class="mode-verdict">{w().refused}</span>
            <span role="cell" class="mode-reason">{reason}</span>
          </div>
        );
      })}
    </>
  );
}

/* The components that occur, in their order, with the colours of the bars. */
function Colours({ train }: { train: Train }) {
  const names = new Map(train.modes.flatMap((mode) => mode.components).map((part) => [part.name, part]));
  return (
    <ul class="legend" aria-label={w().colours}>
      {onDevice([...names.values()]).map((part) => (
        <li key={part.name}><span class={`swatch ${componentClass(part.name)}`} aria-hidden="true" />{componentWord(part.name)}</li>
      ))}
    </ul>
  );
}

export function Modes({ train, chosen, choose }: { train: Train; chosen: string; choose: (mode: string) => void }) {
  const scale = scaleOf(train.modes.map((mode) => loadOfMode(train, mode)));
  return (
    <div class="modes">
      <div role="table" aria-label={w().takes} class="mode-table">
        <div role="row" class="mode mode-head">
          <span role="columnheader" class="mode-name">{w().mode}</span>
          <span role="columnheader" class="unseen">{w().takes}</span>
          <span role="columnheader" class="number">{w().total}</span>
          <span role="columnheader" class="number">{w().trained}</span>
          <span role="columnheader" class="mode-verdict">{train.usable_bytes !== undefined && w().verdict}</span>
        </div>
        {train.modes.map((mode) => (
          <Row key={mode.mode} train={train} mode={mode} scale={scale} chosen={mode.mode === chosen} choose={() => choose(mode.mode)} />
        ))}
        <RefusedRows refused={train.refused ?? []} />
      </div>
      <Colours train={train} />
    </div>
  );
}
