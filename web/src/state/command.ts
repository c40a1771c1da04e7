/* The question as a command line: `weigh fit Qwen/Qwen3-8B --context 8192 --gpu "RTX 4090"`. */
import { optionInfo, ranges, takes } from "../api/ranges";
import { COMMAND_OF, type Options, type View } from "./question";

/* A word as the shell reads it. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`;
}

export function commandLine(view: View, question: Options): string {
  const command = COMMAND_OF[view];
  const wordNames = ranges.value?.commands.find((one) => one.name === command)?.options.filter((one) => one.word).map((one) => one.name) ?? [];
  const parts = ["weigh", command];
  for (const name of wordNames) {
    const value = question[name];
    if (typeof value === "string") parts.push(quoted(value));
  }
  for (const [name, value] of Object.entries(question)) {
    if (!takes(command, name) || wordNames.includes(name)) continue;
    const flag = optionInfo(command, name)?.value === null;
    for (const one of typeof value === "string" ? [value] : value) {
      if (!flag) parts.push(`--${name}`, quoted(one));
      else if (one === "true") parts.push(`--${name}`);
    }
  }
  return parts.join(" ");
}
