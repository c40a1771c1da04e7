import type { ComponentChildren } from "preact";
import { view } from "../state/question";

/* What training does not read stays in place, greyed, with the words. */
export function OfServing({ note, children }: { note: string; children: ComponentChildren }) {
  const idle = view.value === "finetune";
  return (
    <fieldset class={`of-serving ${idle ? "ignored" : ""}`} disabled={idle}>
      {idle && <p class="note">{note}</p>}
      {children}
    </fieldset>
  );
}
