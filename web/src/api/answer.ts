/* An answer that follows its question while the question changes. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { keyOf, type Body, type Problem } from "./client";
import { lane, type Lane, type Turn } from "./lane";

export interface Answer<T> {
  readonly data: T | null; /* of the newest question that has been answered well */
  readonly problem: Problem | null; /* of the newest question that has been answered */
  readonly pending: boolean; /* data is of an older question */
}

interface Kept<T> {
  key: string | null; /* of the question that was answered last */
  data: T | null;
  problem: Problem | null;
}

const NOTHING = { key: null, data: null, problem: null } as const;

export const LATE = 150; /* ms until the old answer is dimmed */

export function useLate(pending: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!pending) return setLate(false);
    const timer = setTimeout(() => setLate(true), LATE);
    return () => clearTimeout(timer);
  }, [pending]);
  return pending && late;
}

export function useAnswer<T>(command: string, body: Body | null, turn: Turn = "soon"): Answer<T> {
  const [kept, keep] = useState<Kept<T>>(NOTHING);
  const own = useRef<Lane | null>(null);
  own.current ??= lane<T>(turn, (key, reply, newest) => {
    if (reply.ok) keep({ key, data: reply.data, problem: null });
    else if (newest) keep((old) => ({ key, data: old.data, problem: reply.problem }));
  });
  const key = body ? keyOf(command, body) : null;
  useLayoutEffect(() => {
    own.current?.want(command, body);
    if (key === null) keep(NOTHING);
  }, [key]);
  useLayoutEffect(() => () => own.current?.want("", null), []);
  return { data: kept.data, problem: kept.problem, pending: key !== null && kept.key !== key };
}
