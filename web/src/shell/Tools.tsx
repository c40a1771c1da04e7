/* What is done with a question as a whole: share it, pin it, find an earlier one, take its answer away. */
import { commandLine } from "../state/command";
import { isPinned, togglePin } from "../state/pin";
import { options, view } from "../state/question";
import { words } from "../text";
import { onKey } from "./keys";
import { copyLink } from "./Share";
import { said, say, sheet } from "./sheets";

const w = words({
  en: { tools: "Tools", share: "Share", pin: "Pin", pinned: "Pinned", history: "History", export: "Export", pin_line: "Keep this question as A of a comparison", did: "Pinned as A; Compare shows it beside what you ask next.", undid: "No longer pinned." },
  zh: { tools: "工具", share: "分享", pin: "固定", pinned: "已固定", history: "历史", export: "导出", pin_line: "将此问题保留为对比中的 A", did: "已固定为 A；「对比」视图会将其与之后的问题并列。", undid: "已取消固定。" },
});

function pinAndSay(): void {
  togglePin();
  say(isPinned() ? w().did : w().undid);
}

onKey("p", pinAndSay);
onKey("s", copyLink);

export function Tools() {
  const pinnedNow = isPinned();
  return (
    <div class="tools" role="toolbar" aria-label={w().tools}>
      <button type="button" class="set" data-action="share" title="s" onClick={() => (sheet.value = "share")}>{w().share}</button>
      <button type="button" class="set" data-action="pin" title={`${w().pin_line} (p)`} aria-pressed={pinnedNow} onClick={pinAndSay}>{pinnedNow ? w().pinned : w().pin}</button>
      <button type="button" class="set" data-action="history" onClick={() => (sheet.value = "history")}>{w().history}</button>
      <button type="button" class="set" data-action="export" onClick={() => (sheet.value = "export")}>{w().export}</button>
    </div>
  );
}

/* What was done last, for eyes and for readers of the screen; and the question itself, on paper. */
export function Said() {
  return <p class="said" role="status" data-part="said">{sheet.value === null && said.value}</p>;
}

export function OnPaper() {
  return <p class="on-paper mono">{commandLine(view.value, options.value)}</p>;
}
