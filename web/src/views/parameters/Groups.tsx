/* Where the parameters sit: a bar for each group. Bars, not a pie: shares below one percent stay readable. */
import type { Params } from "../../api/types";
import { Bars, barsHeight, type Bar } from "../../charts/Bars";
import { Frame } from "../../charts/Frame";
import { count, percent, whole } from "../../format";
import { openWhy } from "../../parts/why";
import { words } from "../../text";
import { groupWord } from "../../text/terms";
import { groupTone, whyOfParameters } from "./model";

const w = words({
  en: { title: "Which parts hold the parameters?", group: "group", parameters: "parameters", share: "share" },
  zh: { title: "参数集中在哪些部分？", group: "分组", parameters: "参数量", share: "占比" },
});

export function Groups({ params }: { params: Params }) {
  const groups = [...params.groups].sort((a, b) => b.parameters - a.parameters);
  if (groups.length === 0) return null;
  const bars: Bar[] = groups.map((group) => ({
    key: group.name,
    label: groupWord(group.name),
    value: group.parameters,
    text: `${count(group.parameters)} · ${share(group.share)}`,
    tone: groupTone(group.name),
    onOpen: () => openWhy(whyOfParameters(group.name, groupWord(group.name), group.parameters)),
  }));
  return (
    <Frame title={w().title} name="parameters-by-group" source={params.model} height={barsHeight(bars.length)}
      table={() => ({
        head: [w().group, w().parameters, w().share],
        rows: groups.map((group) => [groupWord(group.name), whole(group.parameters), share(group.share)]),
      })}>
      {(width) => <Bars bars={bars} width={width} />}
    </Frame>
  );
}

function share(part: number): string {
  return part >= 0.001 ? percent(part) : percent(part, 4);
}
