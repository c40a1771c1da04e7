/* An answer that follows its question while the question changes. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, keyOf, type Body, type Problem } from "./client";

export interface Answer<T> {
  data: T | null; /* of the newest question that has been answered well */
  problem: Problem | null; /* of the question as it stands */
  pending: boolean; /* data is of an older question */
}

interface Lane {
  wanted: string | null; /* key of the newest question */
  running: boolean;
  next: (() => Promise<void>) | null;
}

/* Asks as soon as the question changes, one request at a time: while one is under way only the newest question waits, so
 * dragging never queues, and an answer never overwrites that of a newer question. */
export function useAnswer<T>(command: string, body: Body | null): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ data: null, problem: null, pending: body !== null });
  const lane = useRef<Lane>({ wanted: null, running: false, next: null }).current;
  const key = body ? keyOf(command, body) : null;

  useEffect(() => {
    lane.wanted = key;
    if (!body || key === null) {
      setAnswer({ data: null, problem: null, pending: false });
      return;
    }
    setAnswer((old) => ({ ...old, pending: true }));
    lane.next = async () => {
      const reply = await ask<T>(command, body);
      if (lane.wanted === null) return;
      const newest = lane.wanted === key;
      if (reply.ok) setAnswer({ data: reply.data, problem: null, pending: !newest });
      else if (newest) setAnswer((old) => ({ data: old.data, problem: reply.problem, pending: false }));
    };
    void drain(lane);
  }, [key]);

  useEffect(
    () => () => {
      lane.wanted = null;
      lane.next = null;
    },
    [],
  );
  return answer;
}

async function drain(lane: Lane): Promise<void> {
  if (lane.running) return;
  lane.running = true;
  while (lane.next) {
    const run = lane.next;
    lane.next = null;
    await run();
  }
  lane.running = false;
}
