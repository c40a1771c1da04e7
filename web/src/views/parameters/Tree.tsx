/* Parameters as areas: group, then layers, then tensors; a tensor opens its why. */
import { useState } from "preact/hooks";
import type { Params } from "../../api/types";
import { Frame } from "../../charts/Frame";
import { Treemap, type Leaf } from "../../charts/Treemap";
import { count, whole, type Num } from "../../format";
import { openWhy } from "../../parts/why";
import { words } from "../../text";
import { groupWord } from "../../text/terms";
import { placed } from "./layers";
import { groupTone, whyOfParameters, type Place, type Tensor, type Tensors as List } from "./model";

const w = words({
  en: { title: "Where do the parameters sit?", all: "all", outside: "outside of layers", path: "Path", name: "part", amount: "parameters",
    hint: "Click to go inside; a tensor opens its derivation. Arrow keys, Enter and Backspace do the same." },
  zh: { title: "参数都在哪里？", all: "全部", outside: "层之外", path: "路径", name: "部分", amount: "参数量",
    hint: "点击进入下一级；点击张量查看推导。也可使用方向键、Enter 与 Backspace。" },
});

function leafOf(tensor: Tensor): Leaf {
  const at = placed(tensor.name);
  const amount = tensor.copies && tensor.copies > 1 ? `${whole(tensor.copies)} × ${count(tensor.elements)}` : count(tensor.elements);
  return { key: tensor.name, label: at.rest || tensor.name, amount, value: Number(tensor.all_elements ?? tensor.elements), tone: groupTone(tensor.group) };
}

function branch(key: string, label: string, tone: string, children: readonly Leaf[], total: Num): Leaf {
  return { key, label, tone, children, value: Number(total), amount: count(total) };
}

/* Tensors of a group under the layers that they stand in. */
function layersOf(name: string, tensors: readonly Tensor[], places: readonly Place[]): Leaf[] {
  const own = places.filter((one) => one.group === name);
  const inside = (place: string) => tensors.filter((tensor) => {
    const at = placed(tensor.name);
    return (at.set ? `${at.stack}.${at.set}` : "") === place;
  }).map(leafOf);
  if (own.length === 1) return tensors.map(leafOf);
  return own.map((one) => branch(`${name} ${one.place}`, one.place || w().outside, groupTone(name), inside(one.place), one.elements));
}

function treeOf(params: Params, { tensors, places = [] }: Pick<List, "tensors" | "places">): Leaf {
  const own = tensors.filter((tensor) => tensor.kind === "param");
  const groups = params.groups.map((group) =>
    branch(group.name, groupWord(group.name), groupTone(group.name), layersOf(group.name, own.filter((tensor) => tensor.group === group.name), places), group.parameters));
  return branch("", w().all, "", groups, params.total_parameters);
}

/* The node that a path of keys leads to, as far as it exists. */
function follow(root: Leaf, path: readonly string[]): Leaf[] {
  const nodes = [root];
  for (const key of path) {
    const next = nodes[nodes.length - 1]?.children?.find((child) => child.key === key);
    if (!next?.children) break;
    nodes.push(next);
  }
  return nodes;
}

export function Tree({ params, list }: { params: Params; list: Pick<List, "tensors" | "places"> }) {
  const [path, setPath] = useState<readonly string[]>([]);
  const nodes = follow(treeOf(params, list), path);
  const node = nodes[nodes.length - 1];
  if (!node?.children?.length) return null;
  const open = (leaf: Leaf) => {
    if (leaf.children) setPath([...nodes.slice(1).map((one) => one.key), leaf.key]);
    else openWhy(whyOfParameters(leaf.key, leaf.key, leaf.value));
  };
  return (
    <div data-section="treemap">
      <Frame title={w().title} name="parameters-treemap" source={params.model} height={320}
        table={() => ({ head: [w().name, w().amount], rows: (node.children ?? []).map((leaf) => [leaf.label, whole(leaf.value)]) })}>
        {(width, height) => (
          <Treemap root={node} width={width} height={height} onOpen={open} onOut={() => setPath(nodes.slice(1, -1).map((one) => one.key))} />
        )}
      </Frame>
      <nav class="trail" aria-label={w().path}>
        {nodes.map((one, i) => i === nodes.length - 1
          ? <span key={one.key} aria-current="step">{one.label} <span class="mono">{one.amount}</span></span>
          : <button type="button" class="link" key={one.key} onClick={() => setPath(nodes.slice(1, i + 1).map((step) => step.key))}>{one.label}</button>)}
      </nav>
      <p class="note">{w().hint}</p>
    </div>
  );
}
