/* The training question's answer, asked while the view is shown; the way to train that is looked at. */
import { ranges } from "../../api/ranges";
import type { Load } from "../../parts/LoadBar";
import { followed, type Followed } from "../../state/followed";
import { bodyFor, extras, options, view } from "../../state/question";
import type { Mode, Train } from "./types";

const train = followed<Train>("train", () => (
  ranges.value && view.value === "finetune" ? bodyFor("train", options.value, { mode: null, method: null }) : null), "soon");

export function useTrain(): Followed<Train> {
  return train;
}

/* The mode asked for, else LoRA, else the first that there is. */
export function chosenMode(answer: Train): Mode | undefined {
  const wanted = extras.value.train ?? "lora";
  return answer.modes.find((mode) => mode.mode === wanted) ?? answer.modes[0];
}

export function chooseMode(name: string): void {
  extras.value = { ...extras.value, train: name };
}

export function loadOfMode(answer: Train, mode: Mode): Load {
  return {
    components: mode.components, bytes: mode.total_bytes, low: mode.low_bytes, high: mode.high_bytes,
    budget: answer.budget_bytes ?? null, capacity: answer.usable_bytes ?? null, spare: mode.spare_bytes ?? null,
  };
}
