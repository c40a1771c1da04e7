/* What the sections of Deploy share. */
import type { Point } from "../../api/serving";
import type { Value } from "../../api/client";
import { bytes } from "../../format";
import { Figure } from "../../parts/Figure";
import type { Load } from "../../parts/LoadBar";
import { limitText } from "../../parts/limit";
import { lazyAsk } from "../../state/whys";
import { componentWord } from "../../text/terms";
import { words } from "../../text";

const w = words({
  en: { fits: "fits", reserve: "not with the reserve", over: "does not fit", no_card: "no card" },
  zh: { fits: "放得下", reserve: "达不到余量", over: "放不下", no_card: "未选卡" },
});

/* A point of a sweep that was asked for its components, as a load. */
export function loadOfPoint(point: Point): Load {
  return {
    components: point.components ?? [],
    bytes: point.device_bytes,
    low: point.low_bytes,
    high: point.high_bytes,
    budget: point.budget_bytes,
    capacity: point.capacity_bytes ?? null,
  };
}

export function Verdict({ fits, load }: { fits: boolean | null | undefined; load: Load | null | undefined }) {
  if (fits === null || fits === undefined) return null;
  if (fits) return <span class="good">{w().fits}</span>;
  const within = load && load.capacity !== null && load.bytes <= load.capacity;
  return <span class="alarm">{within ? w().reserve : w().over}</span>;
}

/* How far it goes: null where nothing grows with it; without a card there is no limit to tell. */
export function Limit({ value, fits }: { value: number | null | undefined; fits: boolean | null | undefined }) {
  if (typeof value === "number") return <>{limitText(value)}</>;
  return <span class="muted">{typeof fits === "boolean" ? limitText(null) : w().no_card}</span>;
}

/* The fullest device's bytes of the question with some options changed; its why asks that question. */
export function DeviceBytes({ value, changed }: { value: number; changed: Record<string, Value | null> }) {
  const why = {
    title: componentWord("device_bytes"),
    value: bytes(value),
    ask: lazyAsk("fit", { ...changed, explain: "device_bytes" }),
  };
  return <Figure why={why}>{bytes(value)}</Figure>;
}
