/* What to change: each with what it saves and what it costs; a click applies it. */
import type { Change, Fit } from "../../api/types";
import { bytes } from "../../format";
import { worstDevice } from "../../parts/load";
import { applyChange, costOf, phrase } from "../../shell/changes";
import { words } from "../../text";
import { reachable } from "../../parts/reachable";

const w = words({
  en: { over: "What makes it fit", fine: "What makes more room", change: "change, and what it costs", saves: "saves", enough: "enough", less: "not enough" },
  zh: { over: "怎样才能放下", fine: "怎样腾出更多空间", change: "调整及其代价", saves: "节省", enough: "足够", less: "不够" },
});

function Row({ entry, whole, over }: { entry: Change; whole: number; over: boolean }) {
  return (
    <tr data-change={entry.option}>
      <th scope="row"><button type="button" class="link" onClick={() => applyChange(entry)} title={entry.option}>{phrase(entry.option)}</button>
        <span class="under">{costOf(entry.option)}</span></th>
      <td class="number">{bytes(entry.saved_bytes)}</td>
      {over ? <td class={`nowrap ${entry.fits ? "good" : "muted"}`}>{entry.fits ? w().enough : w().less}</td>
        : <td class="saving" aria-hidden="true"><span style={{ width: `${Math.min(100, (100 * entry.saved_bytes) / whole)}%` }} /></td>}
    </tr>
  );
}

export function Changes({ fit }: { fit: Fit }) {
  const over = fit.fits === false;
  if (!fit.changes?.length) return null;
  return (
    <section data-part="changes">
      <h2>{over ? w().over : w().fine}</h2>
      <div class="wide" ref={reachable}>
        <table class="rows changes">
          <thead>
            <tr><th scope="col">{w().change}</th><th scope="col" class="number">{w().saves}</th>
              {over ? <th scope="col"><span class="unseen">{w().enough}</span></th> : <td />}</tr>
          </thead>
          <tbody>{fit.changes.map((entry) => <Row key={entry.option} entry={entry} whole={worstDevice(fit)?.bytes ?? 1} over={over} />)}</tbody>
        </table>
      </div>
    </section>
  );
}
