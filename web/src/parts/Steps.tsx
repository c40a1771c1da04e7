/* One step of a derivation: the formula in symbols, the same with numbers, the result. */
import type { ExplainNode } from "../api/types";
import { bytes } from "../format";
import { words } from "../text";
import { basis as basisWords } from "../text/terms";
import { basisText, exactText, isShortSum, isSum, latexOf, originText, shortText } from "./derivation";
import { Formula } from "./Formula";

const w = words({
  en: { formula: "formula", numbers: "with numbers", result: "result", from: "source", sum: (n: number) => `sum of ${n} parts, below`, interval: "interval", basis: "basis" },
  zh: { formula: "公式", numbers: "代入数字", result: "结果", from: "出处", sum: (n: number) => `${n} 项之和，见下表`, interval: "区间", basis: "依据" },
});

function Symbols({ node, sum }: { node: ExplainNode; sum: boolean }) {
  if (!node.formula) return null;
  if (sum && !isShortSum(node.formula)) return <>{w().sum(node.children.length)}</>;
  return <Formula text={node.formula} latex={latexOf(node)} />;
}

export function Steps({ node, nodes }: { node: ExplainNode; nodes: readonly ExplainNode[] }) {
  const sum = isSum(nodes, node);
  const short = shortText(node);
  const origin = originText(node);
  const numbers = node.numbers && node.formula && node.numbers !== node.formula && !/^\d+$/.test(node.numbers) && !(sum && !isShortSum(node.formula)) ? node.numbers : "";
  return (
    <dl class="derivation">
      {node.formula && (<><dt>{w().formula}</dt><dd><Symbols node={node} sum={sum} /></dd></>)}
      {numbers && (<><dt>{w().numbers}</dt><dd><Formula text={numbers} /></dd></>)}
      <dt>{w().result}</dt>
      <dd class="mono">
        <span class="strong">{exactText(node.value)}{node.unit === "bytes" ? " B" : ""}</span>
        {short && <span class="muted"> = {short}</span>}
      </dd>
      {node.low !== undefined && node.high !== undefined && node.low !== node.high && (
        <><dt>{w().interval}</dt><dd class="mono">{bytes(node.low)} – {bytes(node.high)}</dd></>
      )}
      {node.basis && (<><dt>{w().basis}</dt><dd>{basisText(node.basis)} <span class="muted">{basisWords()[node.basis]?.line}</span></dd></>)}
      {origin && (<><dt>{w().from}</dt><dd>{origin}</dd></>)}
    </dl>
  );
}
