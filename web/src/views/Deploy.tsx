/* Deploy: formats, engines, layout, speed, the command. */
import { useShownFit } from "../state/answers";
import { Waiting } from "./Waiting";
import { Command } from "./deploy/Command";
import { Engines } from "./deploy/Engines";
import { Formats } from "./deploy/Formats";
import { Layout } from "./deploy/Layout";
import { Cost, Pool } from "./deploy/Pool";
import { SpeedTable } from "./deploy/SpeedTable";

export function Deploy() {
  const { data } = useShownFit();
  if (!data) return <Waiting />;
  return (
    <div class="deploy" data-view="deploy">
      <Engines fit={data} />
      <Command fit={data} />
      <div class="columns">
        <SpeedTable fit={data} />
        <div class="stack">
          <Cost fit={data} />
          <Pool fit={data} />
        </div>
      </div>
      <Layout fit={data} />
      <Formats fit={data} />
    </div>
  );
}
