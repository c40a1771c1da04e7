/* The load on its bridge: one segment a component, the capacity as a tick, the reserve hatched before it, what exceeds it
 * past it in the alarm colour; the end fades across the interval. */
import { useId } from "preact/hooks";
import { bytes } from "../format";
import { words } from "../text";
import { componentWord } from "../text/terms";
import { componentClass, onDevice } from "./components";

export interface Load {
  components: readonly { name: string; bytes: number; on?: "device" | "host" }[];
  bytes: number;
  low: number;
  high: number;
  budget: number | null; /* what may be used: the capacity without the reserve */
  capacity: number | null;
  spare?: number | null; /* what is left of the capacity; below zero: too much */
}

interface Props {
  load: Load;
  scale?: number; /* bytes of the whole width, to draw several bars alike */
  small?: boolean;
  label: string; /* what weighs, for readers of the screen */
  onWhy?: (component: string) => void;
  chosen?: string;
}

const w = words({
  en: {
    over: (amount: string) => `${amount} over`,
    label: (what: string, total: string, of: string | null) => `${what}: ${total}${of ? ` of ${of}` : ""}`,
    segment: (name: string, amount: string) => `${name}: ${amount}`,
  },
  zh: {
    over: (amount: string) => `超出 ${amount}`,
    label: (what: string, total: string, of: string | null) => `${what}：${total}${of ? `，共 ${of}` : ""}`,
    segment: (name: string, amount: string) => `${name}：${amount}`,
  },
});

export function scaleOf(loads: readonly Load[]): number {
  return Math.max(1, ...loads.map((load) => Math.max(load.high, load.bytes, load.capacity ?? 0) * 1.04));
}

export function LoadBar({ load, scale = scaleOf([load]), small = false, label, onWhy, chosen }: Props) {
  const at = (value: number): string => `${((100 * value) / scale).toFixed(3)}%`;
  const height = small ? 10 : 28;
  const hatch = useId();
  let from = 0;
  const segments = onDevice(load.components).map((part) => {
    const begin = from;
    from += part.bytes;
    return { ...part, begin };
  });
  const over = load.capacity !== null && load.bytes > load.capacity ? load.bytes - load.capacity : 0;
  const described = w().label(label, bytes(load.bytes), load.capacity === null ? null : bytes(load.capacity));
  return (
    <svg class={`load ${small ? "load-small" : ""}`} width="100%" height={height + (small ? 2 : 8)}
      role={onWhy ? "group" : "img"} aria-label={described}>
      <defs>
        <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <line x1="0" y1="0" x2="0" y2="6" class="hatch" />
        </pattern>
        <linearGradient id={`${hatch}-fade`}>
          <stop offset="0" class="fade-from" />
          <stop offset="1" class="fade-to" />
        </linearGradient>
      </defs>
      <rect class="load-plate" x="0" y="1" width={at(load.capacity ?? scale)} height={height} />
      {load.budget !== null && load.capacity !== null && load.capacity > load.budget && (
        <rect x={at(load.budget)} y="1" width={at(load.capacity - load.budget)} height={height} fill={`url(#${hatch})`}>
        </rect>
      )}
      {segments.map((part, i) => (
        <rect key={`${part.name} ${i}`} class={`load-part ${componentClass(part.name)} ${chosen === part.name ? "chosen" : ""}`}
          x={at(part.begin)} y="1" width={at(part.bytes)} height={height}
          {...(onWhy && {
            role: "button",
            tabindex: 0,
            "aria-label": w().segment(componentWord(part.name), bytes(part.bytes)),
            onClick: () => onWhy(part.name),
            onKeyDown: (event: KeyboardEvent) => {
              if (event.key === "Enter" || event.key === " ") {
                event.preventDefault();
                onWhy(part.name);
              }
            },
          })}>
          <title>{w().segment(componentWord(part.name), bytes(part.bytes))}</title>
        </rect>
      ))}
      {over > 0 && load.capacity !== null && (
        <rect class="load-over" x={at(load.capacity)} y="1" width={at(over)} height={height} pointer-events="none" />
      )}
      {load.high > load.bytes && (
        <rect x={at(load.bytes)} y="1" width={at(load.high - load.bytes)} height={height} fill={`url(#${hatch}-fade)`}
          pointer-events="none" />
      )}
      {load.capacity !== null && (
        <line class="load-tick" x1={at(load.capacity)} x2={at(load.capacity)} y1="0" y2={height + (small ? 2 : 6)} />
      )}
    </svg>
  );
}

/* By how much it is too much; empty where it is not. */
export function overText(load: Load): string {
  return typeof load.spare === "number" && load.spare < 0 ? w().over(bytes(-load.spare)) : "";
}
