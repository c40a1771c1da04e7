/* What an answer remarks on. Where a setting is nearly the name of a field, the field is a click away. */
import type { Warning } from "../api/types";
import { change, optionList } from "../state/question";
import { Quoted } from "./Problem";

/* The setting's value under another name. */
function rename(from: string, to: string): void {
  change({ set: optionList("set").map((entry) => (entry.startsWith(`${from}=`) ? `${to}${entry.slice(from.length)}` : entry)) });
}

export function Remark({ said }: { said: Warning }) {
  const [before = "", from = "", between = "", to = "", after = ""] = said.code === "setting_near" ? said.message.split("`") : [];
  if (!to) return <Quoted text={said.message} />;
  return <>{before}<code>{from}</code>{between}<button type="button" class="link offer" data-offer={to} onClick={() => rename(from, to)}>{to}</button>{after}</>;
}
