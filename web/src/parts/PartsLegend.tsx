/* The colours of many bars, once: every component that any of them has. */
import type { Part } from "../api/types";
import { componentWord } from "../text/terms";
import { componentClass, onDevice } from "./components";

export function PartsLegend({ loads }: { loads: readonly { components?: readonly Part[] | undefined }[] }) {
  const all = new Map(loads.flatMap((load) => load.components ?? []).filter((part) => part.bytes > 0).map((part) => [part.name, part]));
  return (
    <ul class="legend parts-legend" aria-hidden="true">
      {onDevice([...all.values()]).map((part) => (
        <li key={part.name}><span class={`swatch ${componentClass(part.name)}`} />{componentWord(part.name)}</li>
      ))}
    </ul>
  );
}
