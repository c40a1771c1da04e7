/* What every chart has: a question as its title, the same figures as a table, and the picture to take away. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { words } from "../text";
import { savePng, saveSvg } from "./save";

const w = words({
  en: { table: "table", chart: "chart" },
  zh: { table: "表格", chart: "图表" },
});

export interface Table {
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

interface Props {
  title: string; /* the question that the chart answers */
  name: string; /* of the files */
  source: string; /* a line below the exported picture: model, workload, machine */
  table: () => Table;
  height: number;
  children: (width: number, height: number) => ComponentChildren; /* what stands in the <svg> */
}

/* The width that there is, followed. */
export function useWidth<T extends Element>(): [{ current: T | null }, number] {
  const place = useRef<T>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [place, width];
}

export function TableOf({ table, caption }: { table: Table; caption: string }) {
  return (
    <div class="wide">
      <table class="rows">
        <caption class="unseen">{caption}</caption>
        <thead><tr>{table.head.map((cell, i) => <th key={i} scope="col" class={i ? "number" : ""}>{cell}</th>)}</tr></thead>
        <tbody>
          {table.rows.map((row, i) => (
            <tr key={i}>{row.map((cell, k) => (k ? <td key={k} class="number">{cell}</td> : <th key={k} scope="row">{cell}</th>))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Frame({ title, name, source, table, height, children }: Props) {
  const [place, width] = useWidth<HTMLDivElement>();
  const svg = useRef<SVGSVGElement>(null);
  const [asTable, setAsTable] = useState(false);
  return (
    <figure class="chart" data-chart={name}>
      <figcaption>
        <h3>{title}</h3>
        <span class="chart-tools">
          <button type="button" class="link" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>{asTable ? w().chart : w().table}</button>
          {!asTable && (
            <>
              <button type="button" class="link" onClick={() => svg.current && saveSvg(svg.current, name, title, source)}>SVG</button>
              <button type="button" class="link" onClick={() => svg.current && void savePng(svg.current, name, title, source)}>PNG</button>
            </>
          )}
        </span>
      </figcaption>
      <div ref={place} style={{ minHeight: asTable ? undefined : `${height}px` }}>
        {asTable ? (
          <TableOf table={table()} caption={title} />
        ) : (
          width > 0 && (
            <svg ref={svg} width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="group" aria-label={title}>
              {children(width, height)}
            </svg>
          )
        )}
      </div>
    </figure>
  );
}
