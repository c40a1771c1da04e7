/* Files to take away. The API writes them, as the command line does; here they are only put together and saved. */
import { askText, type Body } from "../api/client";
import { saveFile } from "../charts/save";
import { commandLine } from "../state/command";
import { bodyFor, COMMAND_OF, option, options, view, type View } from "../state/question";
import { words } from "../text";
import { bodyOf, chosenQuantity } from "../views/formulas/quantity";
import { address } from "./sheets";

const w = words({
  en: { report: (model: string) => `What ${model} weighs`, memory: "Memory", parameters: "Parameters", methods: "Rules of thumb against exact", asked: "Asked as", made: (link: string) => `[The question on the page](${link})` },
  zh: { report: (model: string) => `${model} 有多重`, memory: "显存", parameters: "参数", methods: "经验公式与精确值", asked: "提问方式", made: (link: string) => `[页面上的问题](${link})` },
});

export type Format = "markdown" | "json" | "csv";
const ENDING: Readonly<Record<Format, string>> = { markdown: "md", json: "json", csv: "csv" };
const TYPE: Readonly<Record<Format, string>> = { markdown: "text/markdown", json: "application/json", csv: "text/csv" };

function nameOf(part: string, format: Format): string {
  return `${(option("model").split("/").pop() ?? "model").replace(/[^\w.-]+/g, "-")}-${part}.${ENDING[format]}`;
}

function save(text: string, part: string, format: Format): void {
  saveFile(new Blob([text], { type: `${TYPE[format]};charset=utf-8` }), nameOf(part, format));
}

function questionOf(shown: View): { command: string; body: Body } {
  if (shown === "formulas") {
    const quantity = chosenQuantity();
    return { command: quantity.command, body: bodyOf(quantity) };
  }
  const command = COMMAND_OF[shown];
  return { command, body: bodyFor(command, options.value) };
}

export async function saveView(format: Format): Promise<void> {
  const { command, body } = questionOf(view.value);
  save(await askText(command, body, format), view.value, format);
}

export async function saveTensors(): Promise<void> {
  save(await askText("tensors", bodyFor("tensors", options.value), "csv"), "tensors", "csv");
}

export async function saveReport(): Promise<void> {
  const ask = (command: string, extra: Body = {}) => askText(command, bodyFor(command, options.value, extra), "markdown");
  const [memory, parameters, methods] = await Promise.all([ask("fit"), ask("params", { "per-layer": true }), ask("compare-methods")]);
  const section = (title: string, text: string) => (text.trim().startsWith("{") ? "" : `## ${title}\n\n${text.replace(/^## .*\n+/gm, "").trim()}\n\n`);
  const sentence = document.querySelector(".sentence")?.textContent ?? "";
  const text = `# ${w().report(option("model"))}\n\n${sentence}\n\n${section(w().memory, memory)}${section(w().parameters, parameters)}`
    + `${section(w().methods, methods)}## ${w().asked}\n\n\`\`\`\n${commandLine("overview", options.value)}\n\`\`\`\n\n${w().made(address())}\n`;
  save(text, "report", "markdown");
}
