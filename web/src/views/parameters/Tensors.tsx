/* Every tensor, tens of thousands of rows: only those in sight are asked for and drawn. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, type Body, type Problem as Told } from "../../api/client";
import { useWidth } from "../../charts/Frame";
import { bytes, count, whole } from "../../format";
import { Problem } from "../../parts/Problem";
import { Figure } from "../../parts/Figure";
import { shownOptions } from "../../state/answers";
import { bodyFor, extras, option } from "../../state/question";
import { language, words } from "../../text";
import { groupWord } from "../../text/terms";
import { whyOfParameters, type Tensor, type Tensors as Page } from "./model";

const w = words({
  en: {
    title: "Every tensor", search: "Names that hold", place: "gate_proj, layers.3.*", sort: "Order", sorts: { name: "as stored", elements: "elements", bytes: "bytes", group: "group" },
    found: (n: string) => `${n} tensors`, none: "No tensor has such a name.", head: ["name", "shape", "dtype", "group", "elements", "bytes"],
    kinds: { buffer: "buffer", tied: "tied to" }, loading: "…",
  },
  zh: {
    title: "全部张量", search: "名称包含", place: "gate_proj、layers.3.*", sort: "排序", sorts: { name: "存储顺序", elements: "元素数", bytes: "字节数", group: "分组" },
    found: (n: string) => `${n} 个张量`, none: "没有这样的张量名。", head: ["名称", "形状", "数据类型", "分组", "元素数", "字节数"],
    kinds: { buffer: "缓冲区", tied: "共享自" }, loading: "…",
  },
});

const PAGE = 200;
const SORTS = ["name", "elements", "bytes", "group"] as const;

function setExtra(name: string, value: string): void {
  const { [name]: _old, ...others } = extras.value;
  extras.value = value ? { ...others, [name]: value } : others;
}

interface Rows {
  key: string;
  total: number;
  pages: ReadonlyMap<number, readonly Tensor[]>;
  problem: Told | null;
}

/* Pages of one list of tensors, as they come into sight; a change of the list keeps the old rows until the first page is there. */
function usePages(body: Body): [Rows, (from: number, to: number) => void] {
  const key = `${language.value} ${JSON.stringify(body)}`;
  const [rows, setRows] = useState<Rows>({ key: "", total: 0, pages: new Map(), problem: null });
  const wanted = useRef(key);
  wanted.current = key;
  const asked = useRef(new Set<string>());
  const load = (page: number) => {
    if (asked.current.has(`${key} ${page}`)) return;
    asked.current.add(`${key} ${page}`);
    void ask<Page>("tensors", { ...body, offset: page * PAGE, limit: PAGE }).then((reply) => {
      if (wanted.current !== key) return void asked.current.delete(`${key} ${page}`);
      setRows((old) => {
        const pages = new Map(old.key === key ? old.pages : []);
        if (reply.ok) pages.set(page, reply.data.tensors);
        return { key, total: reply.ok ? (reply.data.tensor_count ?? 0) : 0, pages, problem: reply.ok ? null : reply.problem };
      });
    });
  };
  useEffect(() => {
    asked.current.clear();
    load(0);
  }, [key]);
  return [rows, (from, to) => {
    if (rows.key !== key) return;
    for (let page = Math.floor(from / PAGE); page <= Math.floor(to / PAGE); page++) if (page * PAGE < rows.total) load(page);
  }];
}

function Row({ tensor, at, height }: { tensor: Tensor | undefined; at: number; height: number }) {
  return (
    <div class="tensor" role="row" aria-rowindex={at + 2} style={{ top: `${at * height}px`, height: `${height}px` }}>
      {tensor ? (
        <>
          <span role="rowheader" class="mono name" title={tensor.name}>
            <Figure why={whyOfParameters(tensor.name, tensor.name, tensor.elements)}>{tensor.name}</Figure>
          </span>
          <span role="cell" class="mono shape">{tensor.shape.join(" × ")}</span>
          <span role="cell" class="mono dtype">{tensor.format ?? tensor.dtype}</span>
          <span role="cell" class="group-cell">{tensor.kind === "param" ? groupWord(tensor.group) : tensor.kind === "tied" ? `${w().kinds.tied} ${tensor.tied_to ?? ""}` : w().kinds.buffer}</span>
          <span role="cell" class="mono num" title={whole(tensor.elements)}>{count(tensor.elements)}</span>
          <span role="cell" class="mono num" title={`${whole(tensor.bytes)} B`}>{bytes(tensor.bytes)}</span>
        </>
      ) : <span role="cell" class="muted">{w().loading}</span>}
    </div>
  );
}

function Window({ rows, need }: { rows: Rows; need: (from: number, to: number) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [place, width] = useWidth<HTMLDivElement>();
  const narrow = width > 0 && width < 800;
  const height = narrow ? 52 : 28;
  const room = 12 * 40;
  const first = Math.max(0, Math.floor(top / height) - 4);
  const last = Math.min(rows.total - 1, Math.ceil((top + room) / height) + 4);
  useEffect(() => need(first, last), [first, last, rows.key]);
  useEffect(() => {
    if (box.current) box.current.scrollTop = 0;
    setTop(0);
  }, [rows.key]);
  const shown = [];
  for (let at = first; at <= last; at++) shown.push(<Row key={at} tensor={rows.pages.get(Math.floor(at / PAGE))?.[at % PAGE]} at={at} height={height} />);
  return (
    <div ref={place} class={`tensors ${narrow ? "narrow" : ""}`} role="table" aria-label={w().title} aria-rowcount={rows.total + 1} aria-colcount={6}>
      <div class="tensor tensor-head" role="row" aria-rowindex={1}>
        {w().head.map((cell, i) => <span key={cell} role="columnheader" class={i > 3 ? "num" : ""}>{cell}</span>)}
      </div>
      <div class="tensor-box" ref={box} tabIndex={0} role="rowgroup" onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
        <div role="presentation" class="tensor-all" style={{ height: `${rows.total * height}px` }}>{shown}</div>
      </div>
    </div>
  );
}

/* `stored`: the checkpoint is quantised; its tensors are listed as the file holds them. */
export function Tensors({ stored }: { stored: boolean }) {
  const filter = extras.value["parameters-filter"] ?? "";
  const sort = extras.value["parameters-sort"] ?? "name";
  const [rows, need] = usePages(bodyFor("tensors", shownOptions.value, { ...(stored && !option("quant") && { quant: "" }), ...(filter && { filter }), ...(sort !== "name" && { sort }) }));
  return (
    <section data-section="tensors">
      <h2>{w().title}</h2>
      <div class="tensor-tools">
        <label>{w().search} <input type="text" value={filter} placeholder={w().place} spellcheck={false} data-extra="parameters-filter"
          onInput={(event) => setExtra("parameters-filter", event.currentTarget.value.trim())} /></label>
        <label>{w().sort} <select value={sort} data-extra="parameters-sort" onChange={(event) => setExtra("parameters-sort", event.currentTarget.value === "name" ? "" : event.currentTarget.value)}>
          {SORTS.map((name) => <option key={name} value={name}>{w().sorts[name]}</option>)}
        </select></label>
        <span class="muted" role="status">{rows.key && (rows.total ? w().found(whole(rows.total)) : rows.problem ? "" : w().none)}</span>
      </div>
      {rows.problem && <Problem problem={rows.problem} />}
      <Window rows={rows} need={need} />
    </section>
  );
}
