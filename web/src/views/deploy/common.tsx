/* What the sections of Deploy share. */
import type { Point } from "../../api/serving";
import type { Value } from "../../api/client";
import { bytes } from "../../format";
import { Figure } from "../../parts/Figure";
import type { Load } from "../../parts/LoadBar";
import { limitText } from "../../parts/limit";
import { bodyFor, options } from "../../state/question";
import { componentWord } from "../../text/terms";
import { words } from "../../text";

const w = words({
  en: { fits: "fits", reserve: "not with the reserve", over: "does not fit" },
  zh: { fits: "放得下", reserve: "达不到余量", over: "放不下" },
});

/* A sweep's point as a load: what stands beside weights and caches is one segment. */
export function loadOfPoint(point: Point, reserve: number | null): Load {
  const named = point.weights_bytes + point.kv_cache_bytes + point.state_bytes;
  return {
    components: [
      { name: "weights", bytes: point.weights_bytes },
      { name: "kv_cache", bytes: point.kv_cache_bytes },
      { name: "state", bytes: point.state_bytes },
      { name: "other", bytes: Math.max(0, point.device_bytes - named) },
    ],
    bytes: point.device_bytes,
    low: point.low_bytes,
    high: point.high_bytes,
    budget: point.budget_bytes,
    capacity: point.budget_bytes === null ? null : point.budget_bytes + (reserve ?? 0),
  };
}

export function Verdict({ fits, load }: { fits: boolean | null | undefined; load: Load | null | undefined }) {
  if (fits === null || fits === undefined) return null;
  if (fits) return <span class="good">{w().fits}</span>;
  const within = load && load.capacity !== null && load.bytes <= load.capacity;
  return <span class="alarm">{within ? w().reserve : w().over}</span>;
}

export function Limit({ value }: { value: number | null | undefined }) {
  return <>{value === null || value === undefined ? <span class="muted">–</span> : limitText(value)}</>;
}

/* The fullest device's bytes of the question with some options changed; its why asks that question. */
export function DeviceBytes({ value, changed }: { value: number; changed: Record<string, Value | null> }) {
  const why = {
    title: componentWord("device_bytes"),
    value: bytes(value),
    ask: { command: "fit", body: bodyFor("fit", options.value, { ...changed, explain: "device_bytes" }) },
  };
  return <Figure why={why}>{bytes(value)}</Figure>;
}
