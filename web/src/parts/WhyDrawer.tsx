/* The why drawer: a figure's formula, the same with numbers, the result, and where every leaf comes from. Each intermediate is
 * again a button; a trail leads back. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useAnswer } from "../api/answer";
import type { Explain, ExplainNode } from "../api/types";
import { bytes, whole, type Num } from "../format";
import { language, words } from "../text";
import { basis as basisWords, componentWord } from "../text/terms";
import { Formula } from "./Formula";
import { Problem } from "./Problem";
import { closeWhy, why, type WhyRequest } from "./why";

const w = words({
  en: {
    why: "Why", close: "Close", from: "from", symbol: "symbol", value: "value", where: "where from", formula: "formula",
    numbers: "with numbers", result: "result", interval: "interval", basis: "basis", source: "source", trail: "Trail",
    copied: "copied", copy: "copy as", text: "text", of: "Parts and leaves",
    origins: {
      field: "field of the configuration", default: "default of the model's class", workload: "the question", model: "the model",
      engine: "option of the engine", constant: "cited constant", assumed: "assumed", set: "your input", gpu: "the card",
    } as Record<string, string>,
  },
  zh: {
    why: "为什么", close: "关闭", from: "来自", symbol: "符号", value: "数值", where: "来源", formula: "公式",
    numbers: "代入数字", result: "结果", interval: "区间", basis: "依据", source: "出处", trail: "路径",
    copied: "已复制", copy: "复制为", text: "文本", of: "组成与来源",
    origins: {
      field: "配置字段", default: "模型类的默认值", workload: "当前问题", model: "模型", engine: "引擎选项",
      constant: "有出处的常数", assumed: "假定", set: "您的输入", gpu: "显卡",
    } as Record<string, string>,
  },
});

export function valueText(node: Pick<ExplainNode, "value" | "unit">): string {
  const { value, unit } = node;
  if (typeof value === "bigint" || typeof value === "number") {
    const number = value as Num;
    const exact = typeof number === "number" && !Number.isInteger(number) ? String(number) : whole(number);
    return unit === "bytes" ? `${exact} B (${bytes(number)})` : exact;
  }
  return String(value);
}

function originText(node: ExplainNode): string {
  if (!node.origin) return node.source ?? "";
  const { kind, key, source, line } = node.origin;
  const place = source ? ` · ${source}${line ? `:${line}` : ""}` : "";
  return `${w().origins[kind] ?? kind}${key && key !== node.name ? ` ${key}` : ""}${place}`;
}

function asText(nodes: readonly ExplainNode[]): string {
  return nodes
    .map((n) => [`${n.name} = ${valueText(n)}`, n.formula && `  = ${n.formula}`, n.formula && `  = ${n.numbers}`,
      (n.origin || n.source) && `  (${originText(n)})`].filter(Boolean).join("\n"))
    .join("\n");
}

function Copy({ nodes }: { nodes: readonly ExplainNode[] }) {
  const [copied, setCopied] = useState("");
  const put = (name: string, content: string) => () => {
    void navigator.clipboard.writeText(content).then(() => setCopied(name));
  };
  const latex = nodes.filter((n) => n.latex).map((n) => `${n.name.replace(/_/g, "\\_")} &= ${n.latex} \\\\`).join("\n");
  return (
    <p class="copy">
      {w().copy}{" "}
      <button type="button" class="link" onClick={put("text", asText(nodes))}>{w().text}</button>{" "}
      {latex && <button type="button" class="link" onClick={put("latex", latex)}>LaTeX</button>}{" "}
      <button type="button" class="link" onClick={put("json", JSON.stringify(nodes, (_k, v: unknown) => typeof v === "bigint" ? v.toString() : v, 2))}>
        JSON
      </button>
      <span role="status">{copied && ` · ${w().copied}`}</span>
    </p>
  );
}

function Derivation({ answer }: { answer: Explain }) {
  const [trail, setTrail] = useState<number[]>([answer.root]);
  useEffect(() => setTrail([answer.root]), [answer]);
  const at = trail[trail.length - 1] ?? answer.root;
  const node = answer.nodes[at] ?? answer.nodes[answer.root];
  if (!node) return null;
  const children = node.children.map((id) => answer.nodes[id]).filter((n): n is ExplainNode => n !== undefined);
  return (
    <>
      {trail.length > 1 && (
        <nav class="trail" aria-label={w().trail}>
          {trail.slice(0, -1).map((id, i) => (
            <button type="button" class="link" key={id} onClick={() => setTrail(trail.slice(0, i + 1))}>
              {componentWord(answer.nodes[id]?.name ?? "")}
            </button>
          ))}
          <span>{node.name}</span>
        </nav>
      )}
      <dl class="derivation">
        {node.formula && (<><dt>{w().formula}</dt><dd><Formula text={node.formula} latex={node.latex} /></dd></>)}
        {node.numbers && node.formula && (<><dt>{w().numbers}</dt><dd><Formula text={node.numbers} /></dd></>)}
        <dt>{w().result}</dt>
        <dd class="mono strong">{valueText(node)}</dd>
        {(node.origin ?? node.source) && (<><dt>{w().from}</dt><dd>{originText(node)}</dd></>)}
      </dl>
      {children.length > 0 && (
        <table class="leaves">
          <caption>{w().of}</caption>
          <thead><tr><th>{w().symbol}</th><th class="number">{w().value}</th><th>{w().where}</th></tr></thead>
          <tbody>
            {children.map((child) => (
              <tr key={child.id}>
                <th scope="row">
                  {child.children.length > 0 || child.formula ? (
                    <button type="button" class="link mono" onClick={() => setTrail([...trail, child.id])}>{child.name}</button>
                  ) : (
                    <span class="mono">{child.name}</span>
                  )}
                </th>
                <td class="number">{valueText(child)}</td>
                <td>{originText(child)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Copy nodes={answer.nodes} />
    </>
  );
}

function Facts({ request }: { request: WhyRequest }) {
  const known = request.basis ? basisWords()[request.basis] : undefined;
  return (
    <dl class="derivation">
      {known && (<><dt>{w().basis}</dt><dd>{known.mark} {known.word}. {known.line}</dd></>)}
      {request.low !== undefined && request.high !== undefined && request.low !== request.high && (
        <><dt>{w().interval}</dt><dd class="mono">{bytes(request.low)} – {bytes(request.high)}</dd></>
      )}
      {request.source && (<><dt>{w().source}</dt><dd>{request.source}</dd></>)}
      {request.facts?.map((fact) => (
        <><dt>{fact.name}</dt><dd><span class="mono">{fact.value}</span>{fact.from && ` · ${fact.from}`}</dd></>
      ))}
    </dl>
  );
}

export function WhyDrawer() {
  const request = why.value;
  const dialog = useRef<HTMLDialogElement>(null);
  const answer = useAnswer<Explain>(request?.ask?.command ?? "explain", request?.ask?.body ?? null);
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    if (request && !element.open) element.show();
    if (!request && element.open) element.close();
    if (request) element.querySelector<HTMLElement>("h2")?.focus();
  }, [request]);
  return (
    <dialog ref={dialog} class="drawer" aria-labelledby="why-title" lang={language.value}
      onKeyDown={(event) => event.key === "Escape" && closeWhy()}>
      {request && (
        <>
          <header>
            <h2 id="why-title" tabIndex={-1}>{request.title} <span class="mono">{request.value}</span></h2>
            <button type="button" class="link" onClick={closeWhy}>{w().close}</button>
          </header>
          <Facts request={request} />
          {answer.problem && <Problem problem={answer.problem} />}
          {answer.data && <Derivation answer={answer.data} />}
        </>
      )}
    </dialog>
  );
}
