/* The answer as files: a report, the view as the command line writes it, every tensor, or on paper. */
import { view } from "../state/question";
import { words } from "../text";
import { Sheet } from "./Sheet";
import { say, sheet } from "./sheets";
import { saveReport, saveTensors, saveView } from "./report";

const w = words({
  en: {
    title: "Export", report: "Report", report_line: "Memory, parameters, layers and methods of this question in one Markdown file.", view: "This view", view_line: "As the command line writes it.",
    tensors: "Every tensor", tensors_line: "Name, shape, dtype, group, elements, bytes: one row each.", print: "Paper or PDF", print_line: "The view as it stands, without the controls.", do_print: "Print",
    charts: "Every chart has its own SVG and PNG beside its title.", saved: "Saved.", failed: "The server did not answer.",
  },
  zh: {
    title: "导出", report: "报告", report_line: "将此问题的显存、参数、各层与方法写入一个 Markdown 文件。", view: "当前视图", view_line: "与命令行的输出一致。",
    tensors: "全部张量", tensors_line: "名称、形状、数据类型、分组、元素数、字节数，每个张量一行。", print: "纸张或 PDF", print_line: "当前视图，不含控件。", do_print: "打印",
    charts: "每张图表的标题旁都可另存为 SVG 或 PNG。", saved: "已保存。", failed: "服务器没有应答。",
  },
});

function act(work: () => Promise<void>): () => void {
  return () => void work().then(() => say(w().saved), () => say(w().failed));
}

function print(): void {
  sheet.value = null;
  window.setTimeout(() => window.print(), 50);
}

export function Export() {
  const button = (text: string, name: string, action: () => void) => <button type="button" class="button" data-export={name} onClick={action}>{text}</button>;
  return (
    <Sheet name="export" title={w().title}>
      <dl class="exports">
        <dt>{w().report}</dt><dd><p class="muted">{w().report_line}</p>{button("Markdown", "report", act(saveReport))}</dd>
        <dt>{w().view}</dt><dd><p class="muted">{w().view_line}</p>
          {button("Markdown", `${view.value}-markdown`, act(() => saveView("markdown")))}{button("JSON", `${view.value}-json`, act(() => saveView("json")))}{button("CSV", `${view.value}-csv`, act(() => saveView("csv")))}</dd>
        <dt>{w().tensors}</dt><dd><p class="muted">{w().tensors_line}</p>{button("CSV", "tensors", act(saveTensors))}</dd>
        <dt>{w().print}</dt><dd><p class="muted">{w().print_line}</p>{button(w().do_print, "print", print)}</dd>
      </dl>
      <p class="note">{w().charts}</p>
    </Sheet>
  );
}
