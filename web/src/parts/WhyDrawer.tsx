/* The why drawer: a figure's formula, the same with numbers, the result, and where every leaf comes from. Each intermediate is
 * again a button; a trail leads back. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useAnswer } from "../api/answer";
import type { Body } from "../api/client";
import type { Explain, ExplainNode } from "../api/types";
import { bytes } from "../format";
import { bodyFor, options } from "../state/question";
import { langOf, language, words } from "../text";
import { basis as basisWords, componentWord } from "../text/terms";
import { Copy } from "./Copy";
import { childrenOf, isSum, shortText, exactText } from "./derivation";
import { Leaves } from "./Leaves";
import { Name } from "./Name";
import { Problem } from "./Problem";
import { Steps } from "./Steps";
import { closeWhy, why, type WhyRequest } from "./why";

const w = words({
  en: {
    why: "Why", close: "Close", trail: "Trail", back: "Back", interval: "interval", basis: "basis", source: "source", known: (mark: string, word: string, line: string) => `${mark} ${word}. ${line}`,
    none: "The answer gives this figure as it stands.", other: "This derives another question than the one at the left now.", now: "The same of the present question",
  },
  zh: {
    why: "为什么", close: "关闭", trail: "路径", back: "返回", interval: "区间", basis: "依据", source: "出处", known: (mark: string, word: string, line: string) => `${mark} ${word}：${line}`,
    none: "答案直接给出此数值。", other: "此处推导的不是左侧当前的问题。", now: "改为推导当前问题",
  },
});

function Trail({ nodes, trail, onBack }: { nodes: readonly ExplainNode[]; trail: readonly number[]; onBack: (length: number) => void }) {
  if (trail.length < 2) return null;
  const last = nodes[trail[trail.length - 1] ?? 0];
  return (
    <nav class="trail" aria-label={w().trail}>
      {trail.slice(0, -1).map((id, i) => (
        <button type="button" class="link" key={id} onClick={() => onBack(i + 1)}><Name name={componentWord(nodes[id]?.name ?? "")} /></button>
      ))}
      <span aria-current="step"><Name name={last?.name ?? ""} /></span>
    </nav>
  );
}

function Derivation({ answer }: { answer: Explain }) {
  const [trail, setTrail] = useState<number[]>([answer.root]);
  const head = useRef<HTMLDivElement>(null);
  useEffect(() => setTrail([answer.root]), [answer]);
  const go = (next: number[]) => {
    setTrail(next);
    head.current?.scrollIntoView({ block: "nearest" });
    head.current?.focus();
  };
  const node = answer.nodes[trail[trail.length - 1] ?? answer.root] ?? answer.nodes[answer.root];
  if (!node) return null;
  const children = childrenOf(answer.nodes, node);
  return (
    <div ref={head} tabIndex={-1} class="step" onKeyDown={(event) => {
      if (event.key !== "Backspace" || trail.length < 2) return;
      event.preventDefault();
      go(trail.slice(0, -1));
    }}>
      <Trail nodes={answer.nodes} trail={trail} onBack={(length) => go(trail.slice(0, length))} />
      <Steps node={node} nodes={answer.nodes} />
      {children.length > 0 && (
        <Leaves key={node.id} node={node} children={children} sum={isSum(answer.nodes, node)} onOpen={(child) => go([...trail, child.id])} />
      )}
    </div>
  );
}

/* What the derivation's own first step says already is not said again. */
function Facts({ request, root }: { request: WhyRequest; root: ExplainNode | undefined }) {
  const known = request.basis && !root?.basis ? basisWords()[request.basis] : undefined;
  const interval = root?.low === undefined && request.low !== undefined && request.high !== undefined && request.low !== request.high;
  const source = root?.source === request.source ? undefined : request.source;
  if (!known && !interval && !source && !request.facts?.length) return null;
  return (
    <dl class="derivation facts">
      {known && (<><dt>{w().basis}</dt><dd>{w().known(known.mark, known.word, known.line)}</dd></>)}
      {interval && (<><dt>{w().interval}</dt><dd class="mono">{bytes(request.low ?? 0)} – {bytes(request.high ?? 0)}</dd></>)}
      {source && (<><dt>{w().source}</dt><dd lang={langOf(source)}>{source}</dd></>)}
      {request.facts?.map((fact) => (
        <><dt>{fact.name}</dt><dd><span class="mono">{fact.value}</span>{fact.from && ` · ${fact.from}`}</dd></>
      ))}
    </dl>
  );
}

/* The same figure of the question as it stands now; null where that is what is shown. */
function present(request: WhyRequest): WhyRequest | null {
  if (!request.ask) return null;
  const { command, body } = request.ask;
  const training = command === "train"; /* its modes stand side by side: which one is the figure's, not the question's */
  const named = Object.fromEntries(Object.entries(body).filter(([name]) => ["explain", "quantity", "latex", ...(training ? ["mode"] : [])].includes(name)));
  const now = bodyFor(command, options.value, { ...named, ...(training && { method: null }) });
  const text = (one: Body) => JSON.stringify(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
  return text(now) === text(body) ? null : { title: request.title, value: "", ask: { command, body: now } };
}

/* While another derivation is asked for, the old one must not stand under the new title: one Inside a question. */
function Inside({ request }: { request: WhyRequest }) {
  const answer = useAnswer<Explain>(request.ask?.command ?? "explain", request.ask?.body ?? null);
  const root = answer.data?.nodes[answer.data.root];
  const now = present(request);
  const value = request.value || (root ? shortText(root) || exactText(root.value) : "");
  return (
    <>
      <header>
        <h2 id="why-title" tabIndex={-1}><Name name={request.title} /> <span class="mono">{value}</span></h2>
        <button type="button" class="link" title="Esc" onClick={closeWhy}>{w().close}</button>
      </header>
      {now && <p class="note">{w().other} <button type="button" class="link" onClick={() => (why.value = now)}>{w().now}</button></p>}
      {answer.problem && <Problem problem={answer.problem} />}
      {answer.data && <Derivation answer={answer.data} />}
      <Facts request={request} root={root} />
      {!request.ask && !request.facts?.length && <p class="muted">{w().none}</p>}
      {answer.data && <Copy nodes={answer.data.nodes} />}
    </>
  );
}

export function WhyDrawer() {
  const request = why.value;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    if (request && !element.open) element.show();
    if (!request && element.open) element.close();
    if (request) element.querySelector<HTMLElement>("h2")?.focus();
  }, [request]);
  return (
    <dialog ref={dialog} class="drawer" aria-labelledby="why-title" lang={language.value} data-part="why"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        closeWhy();
      }}>
      {request && <Inside key={JSON.stringify([request.title, request.ask])} request={request} />}
    </dialog>
  );
}
