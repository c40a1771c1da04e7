/* A derivation as the API tells it, as texts to read and to copy. */
import type { ExplainNode } from "../api/types";
import { bytes, count, whole, type Num } from "../format";
import { words } from "../text";
import { basis as basisWords } from "../text/terms";
import { breakable, namesOf, termsOf, toLatex, typesettable } from "./math";

const w = words<{ origins: Record<string, string>; flops: string }>({
  en: {
    flops: "FLOPs",
    origins: {
      field: "field of the configuration", alias: "field, under another name", default: "default of the model's class", workload: "the question",
      model: "the model", engine: "option of the engine", constant: "cited constant", assumed: "assumed", set: "your input", gpu: "the card",
    },
  },
  zh: {
    flops: "FLOPs",
    origins: {
      field: "配置字段", alias: "配置字段（别名）", default: "模型类的默认值", workload: "当前问题", model: "模型", engine: "引擎选项",
      constant: "有出处的常数", assumed: "假定", set: "您的输入", gpu: "显卡",
    },
  },
});

export function isNumber(value: ExplainNode["value"]): value is Num {
  return typeof value === "number" || typeof value === "bigint";
}

/* Exact, without a unit: "16,381,470,720". */
export function exactText(value: ExplainNode["value"]): string {
  if (!isNumber(value)) return String(value);
  return typeof value === "number" && !Number.isInteger(value) ? String(value) : whole(value);
}

/* As it is read: "15.3 GiB", "8.19 B"; empty where the exact figure is short enough itself. */
export function shortText(node: Pick<ExplainNode, "value" | "unit">): string {
  const { value, unit } = node;
  if (!isNumber(value)) return "";
  if (unit === "bytes") return Number(value) >= 1000 ? bytes(value) : "";
  if (Math.abs(Number(value)) < 1e6) return "";
  return unit === "FLOPs" ? count(value) + w().flops : count(value);
}

export function valueText(node: Pick<ExplainNode, "value" | "unit">): string {
  const short = shortText(node);
  const exact = node.unit === "bytes" ? `${exactText(node.value)} B` : exactText(node.value);
  return short ? `${exact} (${short})` : exact;
}

export function originText(node: ExplainNode): string {
  if (!node.origin) return node.source ?? "";
  const { kind, key, source, line } = node.origin;
  const place = source ? ` · ${source}${line && line > 1 ? `:${line}` : ""}` : "";
  return `${w().origins[kind] ?? kind}${key && key !== node.name && key !== kind ? ` ${key}` : ""}${place}`;
}

export function basisText(name: string | undefined): string {
  const known = name ? basisWords()[name] : undefined;
  return known ? `${known.mark} ${known.word}` : "";
}

/* A line of the formula language as people write it: "36 × 8,388,608". */
export function lineText(line: string): string {
  return line.replace(/\d{5,}(?![\d.])/g, (number) => whole(BigInt(number))).replace(/ \* /g, " × ").replace(/ - /g, " − ");
}

/* Children in their order, without those that are missing. */
export function childrenOf(nodes: readonly ExplainNode[], node: ExplainNode): ExplainNode[] {
  return node.children.map((id) => nodes[id]).filter((child): child is ExplainNode => child !== undefined);
}

export function isLeaf(node: ExplainNode): boolean {
  return node.children.length === 0 && !node.formula;
}

/* A plain sum of its children, which reads better as a table than as a line. */
export function isSum(nodes: readonly ExplainNode[], node: ExplainNode): boolean {
  const terms = node.formula ? termsOf(node.formula) : [];
  const names = new Set(childrenOf(nodes, node).map((child) => child.name));
  return terms.length > 1 && terms.every((term) => names.has(term));
}

/* Whether a sum is short enough to be a line too. */
export function isShortSum(formula: string): boolean {
  return typesettable(formula) && formula.length < 120;
}

/* LaTeX of a node's formula in symbols: the API's own where it keeps the names, else made from the formula. */
export function latexOf(node: ExplainNode): string | undefined {
  if (!node.formula || !typesettable(node.formula)) return undefined;
  if (node.latex && /[A-Za-z]/.test(node.latex)) return breakable(node.latex);
  return toLatex(node.formula);
}

function lines(node: ExplainNode, number: string): string[] {
  const from = originText(node);
  return [
    `${number}${node.name} = ${node.formula ?? valueText(node)}`,
    node.formula && node.numbers ? `    = ${node.numbers}` : "",
    node.formula ? `    = ${valueText(node)}` : "",
    from ? `    (${from})` : "",
  ].filter((line) => line !== "");
}

export function asText(nodes: readonly ExplainNode[]): string {
  return nodes.map((node, i) => lines(node, `(${i + 1}) `).join("\n")).join("\n");
}

function escaped(name: string): string {
  return `\\text{${name.replace(/[_#$%&{}]/g, "\\$&")}}`;
}

export function asLatex(nodes: readonly ExplainNode[]): string {
  const rows = nodes
    .filter((node) => node.formula)
    .map((node) => {
      const symbols = latexOf(node) ?? namesOf(node.formula ?? "").map(escaped).join(" + ");
      const numbers = node.numbers && node.numbers !== node.formula ? ` \\\\\n  &= ${toLatex(node.numbers)}` : "";
      return `${escaped(node.name)} &= ${symbols}${numbers} \\\\\n  &= ${toLatex(exactText(node.value))}`;
    });
  return `\\begin{align*}\n${rows.join(" \\\\[4pt]\n")}\n\\end{align*}\n`;
}

export function asJson(nodes: readonly ExplainNode[]): string {
  return JSON.stringify(nodes, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value), 2);
}
