/* The command that starts the engine so, to copy; its flags, explained. */
import { useState } from "preact/hooks";
import type { Fit } from "../../api/types";
import { change, option } from "../../state/question";
import { words } from "../../text";
import { flagLine, flagsOf } from "./flags";
import { engineTitle } from "../../text/terms";

const w = words({
  en: { title: "Command", copy: "copy", copied: "copied", choose: "Choose an engine to get the command that starts it:", none: "This engine is started from code, not by a command.", flags: "Flags" },
  zh: { title: "启动命令", copy: "复制", copied: "已复制", choose: "选择推理引擎即可得到启动命令：", none: "该引擎由代码启动，没有启动命令。", flags: "参数说明" },
});

function Copy({ text }: { text: string }) {
  const [copied, setCopied] = useState("");
  return (
    <button type="button" class="link" onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(text))}>
      <span role="status">{copied === text ? w().copied : w().copy}</span>
    </button>
  );
}

function Missing() {
  if (option("engine") && option("engine") !== "generic") return <p class="muted">{w().none}</p>;
  return (
    <p class="muted choose">
      {w().choose}{" "}
      {["vllm", "sglang", "tensorrt-llm", "llama.cpp"].map((engine) => (
        <button type="button" class="link" key={engine} onClick={() => change({ engine, "engine-option": null })}>{engineTitle(engine)}</button>
      ))}
    </p>
  );
}

export function Command({ fit }: { fit: Fit }) {
  if (!fit.command) return <section data-part="command"><h2>{w().title}</h2><Missing /></section>;
  const { head, flags } = flagsOf(fit.command);
  return (
    <section data-part="command">
      <h2>{w().title} <Copy text={fit.command} /></h2>
      <pre class="command" tabIndex={0} aria-label={w().title}><code>{head}{flags.map(({ flag, value }, i) => <span key={i}> {flag}{value && ` ${value}`}</span>)}</code></pre>
      <dl class="flags" aria-label={w().flags}>
        {flags.map(({ flag, value }, i) => flagLine(flag) && (
          <div key={i}><dt class="mono">{flag}{value && <> <span class="muted">{value}</span></>}</dt><dd>{flagLine(flag)}</dd></div>
        ))}
      </dl>
    </section>
  );
}
