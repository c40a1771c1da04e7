/* What is rarely asked: behind one "more" in its group; what is not at its default shows itself. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { words } from "../text";

const w = words({ en: { more: "More", less: "Less" }, zh: { more: "更多", less: "收起" } });

export interface Rare {
  key: string;
  given: boolean; /* not at its default */
  control: ComponentChildren;
  whole?: boolean; /* takes the whole width */
  of?: string; /* a class for its look */
}

export function More({ of, controls }: { of: string; controls: readonly Rare[] }) {
  const [open, setOpen] = useState(false);
  const shown = controls.filter((rare) => open || rare.given);
  return (
    <>
      {shown.length > 0 && (
        <div class="rare">
          {shown.map((rare) => <div key={rare.key} class={[rare.whole && "whole", rare.of].filter(Boolean).join(" ") || undefined}>{rare.control}</div>)}
        </div>
      )}
      <button type="button" class="link more" aria-expanded={open} data-more={of} onClick={() => setOpen(!open)}>{open ? w().less : w().more}</button>
    </>
  );
}
