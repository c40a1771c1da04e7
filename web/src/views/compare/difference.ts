/* What two questions' answers differ by, as the API says it: /api/v1/difference. */
import { useEffect, useState } from "preact/hooks";
import { get } from "../../api/client";
import { ranges } from "../../api/ranges";
import { write } from "../../state/link";
import type { Options, View } from "../../state/question";
import { busy } from "../../state/settled";

export interface Difference {
  name: string; /* its path in the answers; of devices the fullest */
  a: number | null;
  b: number | null;
  difference?: number;
  ratio?: number;
}

export type Differences = ReadonlyMap<string, Difference>;

const SETTLED = 120; /* ms: dragging changes B often */
const NONE: Differences = new Map();

function asText(question: Options, view: View): string {
  return write({ options: question, view, extras: {} }).slice(1).split(";")[0] ?? "";
}

export function useDifferences(a: Options, b: Options, view: View): Differences {
  const [found, setFound] = useState(NONE);
  const known = ranges.value !== null;
  const query = new URLSearchParams({ a: asText(a, view), b: asText(b, view) }).toString();
  useEffect(() => {
    if (!known) return;
    let wanted = true;
    const ended = busy();
    const timer = window.setTimeout(() => void get<{ figures: Difference[] }>(`difference?${query}`).then((reply) => {
      if (wanted) setFound(reply.ok ? new Map(reply.data.figures.map((one) => [one.name, one])) : NONE);
    }).finally(ended), SETTLED);
    return () => {
      wanted = false;
      ended();
      window.clearTimeout(timer);
    };
  }, [known, query]);
  return found;
}
