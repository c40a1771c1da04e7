/* The question to pass on: its link, and the command that answers the same offline. */
import { commandLine } from "../state/command";
import { option, options, view } from "../state/question";
import { link } from "../state/sync";
import { words } from "../text";
import { Sheet } from "./Sheet";
import { address, copyAndSay } from "./sheets";

const w = words({
  en: {
    title: "Share this question", link: "Link", link_line: "Opens this page with the question, the view and what is pinned.", cli: "Command", cli_line: "Gives the same figures in a terminal, offline.",
    open: "The link's question in a terminal", copy: "copy", copied: "Link copied.", line: "Command copied.", failed: "The browser refused the clipboard; select the text and copy it.",
    sent: "This model is a configuration that was sent to this server: the link works while the server runs. For the command, save the file and give its path.",
  },
  zh: {
    title: "分享此问题", link: "链接", link_line: "打开本页面，带上问题、视图与已固定的内容。", cli: "命令", cli_line: "在终端中离线得到同样的数值。",
    open: "在终端中打开链接里的问题", copy: "复制", copied: "链接已复制。", line: "命令已复制。", failed: "浏览器拒绝了剪贴板访问；请选中文字后复制。",
    sent: "此模型是发送到本服务器的配置：服务器运行期间链接有效。使用命令时，请保存该文件并给出其路径。",
  },
});

export function copyLink(): void {
  void copyAndSay(address(), w().copied, w().failed);
}

function Line({ name, about, text, done }: { name: string; about: string; text: string; done: string }) {
  return (
    <div class="share-line">
      <h3>{name}</h3>
      <p class="muted">{about}</p>
      <div class="share-text">
        <code tabIndex={0}>{text}</code>
        <button type="button" class="button" onClick={() => void copyAndSay(text, done, w().failed)}>{w().copy}</button>
      </div>
    </div>
  );
}

export function Share() {
  const question = link().slice(1).split(";")[0] ?? "";
  return (
    <Sheet name="share" title={w().title}>
      <Line name={w().link} about={w().link_line} text={address()} done={w().copied} />
      <Line name={w().cli} about={w().cli_line} text={commandLine(view.value, options.value)} done={w().line} />
      <Line name="weigh open" about={w().open} text={`weigh open '${question}'`} done={w().line} />
      {/^sha256-/.test(option("model")) && <p class="aside-note">{w().sent}</p>}
    </Sheet>
  );
}
