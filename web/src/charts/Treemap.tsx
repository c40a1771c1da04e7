/* A treemap: areas are amounts. Arrow keys go from tile to tile, Enter goes inside, Backspace out. */
import { hierarchy, treemap, treemapSquarify, type HierarchyRectangularNode } from "d3-hierarchy";
import { useEffect, useRef } from "preact/hooks";

export interface Leaf {
  key: string;
  label: string;
  amount: string; /* as text */
  value: number; /* of a leaf; that of others is their children's */
  tone: string; /* class of its colour */
  children?: readonly Leaf[];
}

type Tile = HierarchyRectangularNode<Leaf>;

interface Props {
  root: Leaf;
  width: number;
  height: number;
  onOpen: (leaf: Leaf) => void;
  onOut: () => void;
}

const LETTER = 6.7;

function layout(root: Leaf, width: number, height: number): Tile {
  const tree = hierarchy<Leaf>(root, (leaf) => leaf.children as Leaf[] | undefined)
    .sum((leaf) => (leaf.children ? 0 : leaf.value))
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  return treemap<Leaf>().size([width, height]).paddingInner(1).paddingOuter(0).round(true).tile(treemapSquarify.ratio(1.4))(tree);
}

function fitted(text: string, width: number): string {
  const room = Math.floor((width - 12) / LETTER);
  if (text.length <= room) return text;
  return room < 4 ? "" : `${text.slice(0, room - 1)}…`;
}

function Inside({ tile }: { tile: Tile }) {
  return (
    <g aria-hidden="true" pointer-events="none">
      {tile.children?.filter((child) => child.x1 - child.x0 > 2 && child.y1 - child.y0 > 2).map((child) => (
        <rect key={child.data.key} class={`tile-inner ${child.data.tone}`} x={child.x0 + 0.5} y={child.y0 + 0.5}
          width={Math.max(0, child.x1 - child.x0 - 1)} height={Math.max(0, child.y1 - child.y0 - 1)} />
      ))}
    </g>
  );
}

function Label({ tile }: { tile: Tile }) {
  const [width, height] = [tile.x1 - tile.x0, tile.y1 - tile.y0];
  const name = height >= 18 ? fitted(tile.data.label, width) : "";
  const amount = height >= 36 && tile.data.amount.length * LETTER <= width - 12 ? tile.data.amount : "";
  return (
    <g aria-hidden="true" pointer-events="none">
      {name && <text class="tile-name" x={tile.x0 + 6} y={tile.y0 + 15}>{name}</text>}
      {amount && <text x={tile.x0 + 6} y={tile.y0 + 30}>{amount}</text>}
    </g>
  );
}

export function Treemap({ root, width, height, onOpen, onOut }: Props) {
  const group = useRef<SVGGElement>(null);
  const inside = useRef(false); /* the keys went in or out: the focus follows */
  const tiles = layout(root, width, height).children ?? [];
  useEffect(() => {
    if (inside.current) group.current?.querySelector<SVGRectElement>("[role=button]")?.focus();
    inside.current = false;
  }, [root.key]);
  const keys = (event: KeyboardEvent, tile: Tile, at: number) => {
    if (event.key === "Enter" || event.key === " " || event.key === "Backspace") {
      inside.current = event.key === "Backspace" || tile.data.children !== undefined;
      if (event.key === "Backspace") onOut();
      else onOpen(tile.data);
    } else {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step === undefined) return;
      const all = group.current?.querySelectorAll<SVGRectElement>("[role=button]");
      all?.[(at + step + tiles.length) % tiles.length]?.focus();
    }
    event.preventDefault();
  };
  return (
    <g ref={group} class="treemap">
      {tiles.map((tile, at) => (
        <g key={tile.data.key}>
          <rect class={`tile ${tile.data.tone}`} role="button" tabindex={at === 0 ? 0 : -1} aria-label={`${tile.data.label}: ${tile.data.amount}`}
            x={tile.x0} y={tile.y0} width={tile.x1 - tile.x0} height={tile.y1 - tile.y0}
            onClick={() => onOpen(tile.data)} onKeyDown={(event) => keys(event, tile, at)}>
            <title>{`${tile.data.label}\n${tile.data.amount}`}</title>
          </rect>
          <Inside tile={tile} />
          <Label tile={tile} />
        </g>
      ))}
    </g>
  );
}
