/* A derivation as it would stand in a paper: numbered steps, each in symbols, with numbers, and its result. */
import { unitWord } from "../calculators/words";
import type { Explain, ExplainNode } from "../../api/types";
import { childrenOf, exactText, isLeaf, isShortSum, isSum, latexOf, lineText, originText, shortText } from "../../parts/derivation";
import { Formula } from "../../parts/Formula";
import { toLatex } from "../../parts/math";
import { Name } from "../../parts/Name";
import { view } from "../../state/question";
import { words } from "../../text";
import { reachable } from "../../parts/reachable";

const w = words({
  en: { with: "with", symbols: "Symbols", symbol: "symbol", value: "value", from: "where from", steps: "Steps", field: "show among the fields", source: "after" },
  zh: { with: "其中", symbols: "符号", symbol: "符号", value: "数值", from: "来源", steps: "推导步骤", field: "在字段表中查看", source: "依据" },
});

interface Props {
  answer: Explain;
}

export type Numbers = ReadonlyMap<number, number>;

/* Steps in the order in which they are first needed. */
export function numbered(answer: Explain): { steps: ExplainNode[]; leaves: ExplainNode[]; numbers: Numbers } {
  const steps = answer.nodes.filter((node) => !isLeaf(node) || node.id === answer.root);
  return { steps, leaves: answer.nodes.filter((node) => isLeaf(node) && node.id !== answer.root), numbers: new Map(steps.map((node, i) => [node.id, i + 1])) };
}

function Reference({ id, numbers }: { id: number; numbers: Numbers }) {
  const number = numbers.get(id);
  if (number === undefined) return null;
  return (
    <a class="ref" href={`#step-${number}`} onClick={(event) => {
      event.preventDefault();
      const step = document.getElementById(`step-${number}`);
      step?.scrollIntoView({ block: "center" });
      step?.focus();
    }}>({number})</a>
  );
}

function Sum({ children, numbers }: { children: readonly ExplainNode[]; numbers: Numbers }) {
  return (
    <table class="sum">
      <tbody>
        {children.map((child, i) => (
          <tr key={child.id}>
            <td class="operator">{i === 0 ? "=" : "+"}</td>
            <th scope="row" class="mono"><Name name={child.name} /></th>
            <td class="number">{exactText(child.value)}</td>
            <td><Reference id={child.id} numbers={numbers} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function With({ children, numbers }: { children: readonly ExplainNode[]; numbers: Numbers }) {
  const steps = children.filter((child) => numbers.has(child.id));
  if (steps.length === 0) return null;
  return (
    <p class="muted with">
      {w().with} {steps.map((child, i) => <span key={child.id}>{i > 0 && ", "}<span class="mono"><Name name={child.name} /></span> <Reference id={child.id} numbers={numbers} /></span>)}
    </p>
  );
}

function Lines({ node, sum }: { node: ExplainNode; sum: boolean }) {
  const latex = latexOf(node);
  const numbers = node.numbers && node.numbers !== node.formula && !/^\d+$/.test(node.numbers) ? node.numbers : "";
  if (!node.formula || (sum && !isShortSum(node.formula))) return null;
  return (
    <>
      <div class="line">{latex ? <Formula text={`= ${node.formula}`} latex={`= ${latex}`} /> : <span class="mono prose">= <Name name={lineText(node.formula)} /></span>}</div>
      {numbers && <div class="line">{numbers.length <= 400 ? <Formula text={`= ${numbers}`} latex={`= ${toLatex(numbers)}`} /> : <span class="mono prose">= {lineText(numbers)}</span>}</div>}
    </>
  );
}

function Step({ node, answer, numbers }: { node: ExplainNode; answer: Explain; numbers: Numbers }) {
  const children = childrenOf(answer.nodes, node);
  const sum = isSum(answer.nodes, node);
  const long = sum && !isShortSum(node.formula ?? "");
  const number = numbers.get(node.id) ?? 0;
  const short = shortText(node);
  return (
    <li id={`step-${number}`} tabIndex={-1} class="numbered-step" data-step={node.name}>
      <span class="step-number" aria-hidden="true">({number})</span>
      <div class="step-body">
        <h3 class="mono"><Name name={node.name} /></h3>
        <Lines node={node} sum={sum} />
        {long && <Sum children={children} numbers={numbers} />}
        <div class="line result mono">= <strong>{exactText(node.value)}</strong>{node.unit && ` ${unitWord(node.unit)}`}{short && <span class="muted"> · {short}</span>}</div>
        {!long && <With children={children} numbers={numbers} />}
        {(node.source || node.origin) && <p class="muted with">{w().source} {originText(node)}</p>}
      </div>
    </li>
  );
}

function toField(key: string): void {
  view.value = "parameters";
  let tries = 20;
  const look = () => {
    const row = document.getElementById(`field-${key}`);
    if (row) row.scrollIntoView({ block: "center" });
    else if (tries-- > 0) window.setTimeout(look, 100);
  };
  look();
}

function Symbols({ leaves }: { leaves: readonly ExplainNode[] }) {
  if (leaves.length === 0) return null;
  return (
    <section>
      <h3>{w().symbols}</h3>
      <div class="wide" ref={reachable}>
        <table class="rows">
          <thead><tr><th scope="col">{w().symbol}</th><th scope="col" class="number">{w().value}</th><th scope="col">{w().from}</th></tr></thead>
          <tbody>
            {leaves.map((leaf) => {
              const key = leaf.origin && ["field", "alias", "default", "assumed", "set"].includes(leaf.origin.kind) ? leaf.origin.key : "";
              return (
                <tr key={leaf.id}>
                  <th scope="row" class="mono">{key ? <button type="button" class="link" title={w().field} onClick={() => toField(key)}><Name name={leaf.name} /></button> : <Name name={leaf.name} />}</th>
                  <td class="number">{exactText(leaf.value)}</td>
                  <td class="muted">{originText(leaf)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

export function Numbered({ answer }: Props) {
  const { steps, leaves, numbers } = numbered(answer);
  return (
    <>
      <ol class="numbered" aria-label={w().steps}>
        {steps.map((node) => <Step key={node.id} node={node} answer={answer} numbers={numbers} />)}
      </ol>
      <Symbols leaves={leaves} />
    </>
  );
}
