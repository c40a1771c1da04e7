/* Overview: what to change, and where it stops fitting. */
import type { Fit } from "../api/types";
import { bytes } from "../format";
import { applyChange } from "../shell/sentence";
import { useFit } from "../state/answers";
import { words } from "../text";

const w = words({
  en: { changes: "What makes room", saves: "saves", enough: "enough by itself" },
  zh: { changes: "如何腾出空间", saves: "节省", enough: "单独即可放下" },
});

function Changes({ fit }: { fit: Fit }) {
  if (!fit.changes?.length) return null;
  return (
    <section>
      <h2>{w().changes}</h2>
      <table class="rows">
        <tbody>
          {fit.changes.map((entry) => (
            <tr key={entry.option}>
              <th scope="row"><button type="button" class="link mono" onClick={() => applyChange(entry)}>{entry.option.replace(/^--/, "")}</button></th>
              <td class="number">{bytes(entry.saved_bytes)}</td>
              <td>{entry.fits && w().enough}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function Overview() {
  const { data } = useFit();
  return data && <Changes fit={data} />;
}
