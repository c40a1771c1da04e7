/* Whose turn it is. The headline's question goes at once; what a view asks goes when that has been answered; what only
 * accompanies it (sweeps, what-ifs) goes when the question has settled. One request at a time in each lane: while one is under
 * way only the newest question waits, so dragging never queues, and an answer never overwrites that of a newer question. */
import { busy } from "../state/settled";
import { ask, keyOf, type Body, type Reply } from "./client";

export type Turn = "first" | "soon" | "settled";

const SETTLED = 120; /* ms without a new headline question */
const AGAIN = 2000; /* ms until an unreachable server is asked once more */

let first: Promise<unknown> | null = null;
let asked = 0;

/* ms since the headline's question changed last */
export function quiet(): number {
  return performance.now() - asked;
}

async function turnOf(turn: Turn): Promise<void> {
  if (turn === "first") return;
  while (first || (turn === "settled" && performance.now() - asked < SETTLED)) {
    const left = asked + SETTLED - performance.now();
    await (first ?? new Promise((done) => setTimeout(done, Math.max(1, left))));
  }
}

function send<T>(turn: Turn, command: string, body: Body): Promise<Reply<T>> {
  const reply = ask<T>(command, body);
  if (turn !== "first") return reply;
  const mine = reply.then(() => {
    if (first === mine) first = null;
  });
  first = mine;
  return reply;
}

export interface Lane {
  want: (command: string, body: Body | null) => void;
}

/* `give` gets the answers in the order of the questions, and whether each is of the newest. */
export function lane<T>(turn: Turn, give: (key: string, reply: Reply<T>, newest: boolean) => void): Lane {
  let wanted: { key: string; command: string; body: Body } | null = null;
  let running = false;
  const drain = async () => {
    if (running) return;
    running = true;
    const ended = busy();
    for (let done = ""; wanted && wanted.key !== done; ) {
      if (turn !== "first") await turnOf(turn);
      const now: typeof wanted = wanted;
      if (!now) break;
      done = now.key;
      const reply = await send<T>(turn, now.command, now.body);
      if (!wanted) break;
      const newest = wanted.key === done;
      give(done, reply, newest);
      if (newest && !reply.ok && reply.problem.status === 0) window.setTimeout(() => void drain(), AGAIN);
    }
    running = false;
    ended();
  };
  return {
    want: (command, body) => {
      if (turn === "first") asked = performance.now();
      wanted = body && { key: keyOf(command, body), command, body };
      void drain();
    },
  };
}
