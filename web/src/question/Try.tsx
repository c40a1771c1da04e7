/* Whole questions to try, made of answers when they are asked for. */
import { signal } from "@preact/signals";
import { ask } from "../api/client";
import type { Card, Fit } from "../api/types";
import { useFit, useOfFit } from "../state/answers";
import { bodyFor, change, option, options } from "../state/question";
import { words } from "../text";
import { cardNamed, useCards, type CardRow } from "./cards";

const w = words({
  en: {
    name: "Try", cheapest: "cheapest card", context: "longest context", users: "most users", small: "smallest in 4-bit",
    apple: "a Mac", moe: "671B on 8 cards", none: "Nothing listed takes that.", so: "It is so already, or nothing bounds it.", model: "671B with 37B active",
  },
  zh: {
    name: "试一试", cheapest: "最便宜的显卡", context: "最长上下文", users: "最大并发", small: "4 bit 与最小的显卡", apple: "Mac",
    moe: "671B 激活 37B 与 8 张卡", none: "列表中没有放得下的。", so: "已是如此，或没有上限。", model: "671B 激活 37B",
  },
});

type Changes = Record<string, string | null>;

const NO_MACHINE = { gpu: null, "gpu-memory": null, mig: null, gpus: null, tp: null, pp: null, dp: null, cp: null, dcp: null, "gpu-layers": null };
const told = signal("");

async function cardsFor(extra: Record<string, string | null>): Promise<Card[]> {
  const reply = await ask<Fit>("fit", bodyFor("fit", options.value, { ...NO_MACHINE, ...extra }));
  return reply.ok ? (reply.data.cards ?? []) : [];
}

function on(card: Card | undefined): Changes | null {
  return card ? { ...NO_MACHINE, gpu: card.gpu, gpus: card.gpus > 1 ? String(card.gpus) : null, ...(card.pp > 1 && { tp: String(card.tp), pp: String(card.pp) }) } : null;
}

function least(cards: readonly Card[], value: (card: Card) => number | undefined): Card | undefined {
  return cards.filter((card) => value(card) !== undefined).sort((a, b) => (value(a) ?? 0) - (value(b) ?? 0))[0];
}

function small(cards: readonly Card[]): Card | undefined {
  return least(cards.filter((card) => card.gpus === 1 && !card.gpu.startsWith("CPU")), (card) => card.budget_bytes);
}

interface Trial {
  key: string;
  text: string;
  there: boolean; /* whether it makes sense for the present answer */
  make: () => Promise<Changes | null>;
}

const bounded = (n: number) => n > 0 && n < 2 ** 30;
const roomOf = (fit: Fit | null) => {
  const { max_context: far, max_sequences: many } = fit ?? {};
  return fit && { far: bounded(far ?? 0) && far !== fit.context, many: bounded(many ?? 0) && many !== fit.sequences };
};

function trials(room: { far: boolean; many: boolean }, fit: () => Fit | null, known: readonly CardRow[]): Trial[] {
  const apple = (card: Card) => cardNamed(known, card.gpu)?.vendor === "Apple";
  return [
    { key: "cheapest", text: w().cheapest, there: true, make: async () => on(least(await cardsFor({}), (card) => card.usd_per_hour)) },
    { key: "context", text: w().context, there: room.far, make: async () => {
      const { max_context: far, model_context: made } = fit() ?? {};
      return far ? { context: String(Math.min(far, made ?? far)), prompt: null, output: null, mix: null } : null;
    } },
    { key: "users", text: w().users, there: room.many, make: async () => ({ sequences: String(fit()?.max_sequences ?? 1), mix: null }) },
    { key: "small", text: w().small, there: true, make: async () => {
      const card = on(small(await cardsFor({ quant: "int4" })));
      return card && { ...card, quant: "int4" };
    } },
    { key: "apple", text: w().apple, there: true, make: async () => on(small((await cardsFor({})).filter(apple))) },
    { key: "moe", text: w().moe, there: true, make: async () => {
      const cards = await cardsFor({ model: w().model, set: null, quant: "fp8" });
      const card = on(least(cards.filter((one) => one.gpus === 8), (one) => one.usd_per_hour ?? 1000 + one.budget_bytes / 1e9));
      return card && { ...card, model: w().model, set: null, quant: "fp8" };
    } },
  ];
}

async function run(trial: Trial): Promise<void> {
  const changes = await trial.make();
  told.value = changes ? "" : w().none;
  if (changes) change(changes);
}

export function Try() {
  const fit = useFit();
  const room = useOfFit(roomOf);
  const known = useCards();
  if (!room || !option("model")) return null;
  return (
    <section class="try" aria-labelledby="try">
      <h2 id="try">{w().name}</h2>
      <ul>
        {trials(room, () => fit.data, known).map((trial) => (
          <li key={trial.key}><button type="button" class="link" data-try={trial.key} disabled={!trial.there} title={trial.there ? undefined : w().so} onClick={() => void run(trial)}>{trial.text}</button></li>
        ))}
      </ul>
      {told.value && <p class="note" role="status">{told.value}</p>}
    </section>
  );
}
