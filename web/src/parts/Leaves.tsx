/* What a figure is made of: symbol, value, where from. Long sums show their largest parts first, the others on request. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { ExplainNode } from "../api/types";
import { words } from "../text";
import { componentWord } from "../text/terms";
import { basisText, exactText, isLeaf, isNumber, lineText, originText, shortText } from "./derivation";
import { termsOf } from "./math";
import { Name } from "./Name";

const w = words({
  en: {
    symbol: "symbol", value: "value", where: "where from", leaves: "Symbols", parts: "Parts of the sum", sum: "sum", how: "made of", many: (n: number) => `${n} parts`,
    all: (n: number) => `Show all ${n}, in their order`, some: "Show the largest",
  },
  zh: {
    symbol: "符号", value: "数值", where: "来源", leaves: "符号表", parts: "求和各项", sum: "合计", how: "构成", many: (n: number) => `${n} 项`,
    all: (n: number) => `按顺序显示全部 ${n} 项`, some: "只显示最大的几项",
  },
});

const MOST = 16;
const SHOWN = 12;

interface Props {
  node: ExplainNode;
  children: readonly ExplainNode[];
  sum: boolean;
  onOpen: (child: ExplainNode) => void;
}

function Value({ node }: { node: ExplainNode }) {
  const short = shortText(node);
  return <td class="number" title={short ? exactText(node.value) : undefined}>{short || exactText(node.value)}</td>;
}

function larger(a: ExplainNode, b: ExplainNode): number {
  return (isNumber(b.value) ? Number(b.value) : 0) - (isNumber(a.value) ? Number(a.value) : 0);
}

function where(node: ExplainNode, sum: boolean): ComponentChildren {
  const origin = originText(node);
  if (sum && node.formula && !isLeaf(node))
    return termsOf(node.formula).length > 1 ? w().many(node.children.length) : <span class="mono"><Name name={lineText(node.formula)} /></span>;
  return [origin, basisText(node.basis)].filter(Boolean).join(" · ");
}

export function Leaves({ node, children, sum, onOpen }: Props) {
  const [all, setAll] = useState(false);
  const long = children.length > MOST;
  const rows = long && !all ? [...children].sort(larger).slice(0, SHOWN) : children;
  return (
    <>
      <table class={`leaves ${sum ? "sum-of" : ""}`}>
        <caption>{sum ? w().parts : w().leaves}</caption>
        <thead>
          <tr><th scope="col">{w().symbol}</th><th scope="col" class="number">{w().value}</th><th scope="col">{sum ? w().how : w().where}</th></tr>
        </thead>
        <tbody>
          {rows.map((child) => (
            <tr key={child.id}>
              <th scope="row" class="mono">
                {isLeaf(child) ? <Name name={child.name} /> : (
                  <button type="button" class="link" title={componentWord(child.name)} onClick={() => onOpen(child)}><Name name={child.name} /></button>
                )}
              </th>
              <Value node={child} />
              <td class="from">{where(child, sum)}</td>
            </tr>
          ))}
        </tbody>
        {sum && (
          <tfoot>
            <tr><th scope="row">{w().sum}</th><td class="number" title={exactText(node.value)}>{shortText(node) || exactText(node.value)}</td><td /></tr>
          </tfoot>
        )}
      </table>
      {long && (
        <button type="button" class="link more" aria-expanded={all} onClick={() => setAll(!all)}>{all ? w().some : w().all(children.length)}</button>
      )}
    </>
  );
}
