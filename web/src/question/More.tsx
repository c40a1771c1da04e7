/* What is rarely asked: behind one "more" in its group; what is not at its default shows itself. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { words } from "../text";

const w = words({ en: { more: "more", less: "less" }, zh: { more: "更多", less: "收起" } });

export interface Rare {
  key: string;
  given: boolean; /* not at its default */
  control: ComponentChildren;
}

export function More({ controls }: { controls: readonly Rare[] }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      {controls.filter((rare) => open || rare.given).map((rare) => <div key={rare.key}>{rare.control}</div>)}
      <button type="button" class="link more" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? w().less : w().more}</button>
    </>
  );
}
