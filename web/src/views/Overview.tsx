/* Overview: where it stops fitting, what to change, what the answer rests on. */
import { Legend } from "../shell/Strip";
import { useShownFit } from "../state/answers";
import { Waiting } from "./Waiting";
import { Caches } from "./overview/Caches";
import { Changes } from "./overview/Changes";
import { Charts } from "./overview/Charts";
import { Devices, Host } from "./overview/Devices";
import { Standing } from "./overview/Standing";

export function Overview() {
  const { data } = useShownFit();
  if (!data) return <Waiting />;
  return (
    <div class="overview" data-view="overview">
      <div class="narrow-only"><Legend fit={data} /></div>
      <Charts fit={data} />
      <div class="columns">
        <Changes fit={data} />
        <div class="stack">
          <Caches fit={data} />
          <Devices fit={data} />
          <Host fit={data} />
          <Standing fit={data} />
        </div>
      </div>
    </div>
  );
}
