/* Group 1: which model; its own config.json by drop or paste; its dimensions, edited. */
import { useState } from "preact/hooks";
import { upload, type Problem as Told } from "../api/client";
import { useFit } from "../state/answers";
import { change, memberOf, option, changeMember } from "../state/question";
import { Problem } from "../parts/Problem";
import { words } from "../text";
import { ModelSearch } from "./ModelSearch";

const w = words({
  en: { drop: "Drop a config.json here, paste it, or", choose: "choose a file", edit: "dimensions", done: "close", reset: "as published" },
  zh: { drop: "将 config.json 拖到此处、粘贴，或", choose: "选择文件", edit: "维度", done: "收起", reset: "恢复原值" },
});

export function modelLine(): string {
  return option("model");
}

async function send(text: string): Promise<Told | null> {
  const reply = await upload(text);
  if (!reply.ok) return reply.problem;
  change({ model: reply.data.id, set: null });
  return null;
}

function Drop({ onProblem }: { onProblem: (problem: Told | null) => void }) {
  const [over, setOver] = useState(false);
  const take = (text: Promise<string> | undefined) => {
    if (text) void text.then(send).then(onProblem);
  };
  return (
    <div class={`drop ${over ? "over" : ""}`}
      onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
      onDrop={(event) => { event.preventDefault(); setOver(false); take(event.dataTransfer?.files[0]?.text()); }}
      onPaste={(event) => {
        const text = event.clipboardData?.getData("text");
        if (text?.trim().startsWith("{")) take(Promise.resolve(text));
      }}>
      {w().drop}{" "}
      <label class="file">
        <input type="file" accept=".json,application/json" class="unseen"
          onChange={(event) => take(event.currentTarget.files?.[0]?.text())} />
        {w().choose}
      </label>
    </div>
  );
}

function Dimensions() {
  const fit = useFit();
  const numbers = (fit.data?.fields ?? []).filter((field) => typeof field.value === "number" || typeof field.value === "boolean");
  return (
    <div class="dimensions">
      {numbers.map((field) => (
        <label key={field.key}>
          <span class="mono">{field.key}</span>
          <input type="text" class="mono" value={memberOf("set", field.key) || String(field.value)} data-field={field.key}
            onChange={(event) => changeMember("set", field.key, event.currentTarget.value.trim())} />
        </label>
      ))}
      {option("set") && <button type="button" class="link" onClick={() => change({ set: null })}>{w().reset}</button>}
    </div>
  );
}

export function Model() {
  const fit = useFit();
  const [problem, setProblem] = useState<Told | null>(null);
  const [editing, setEditing] = useState(false);
  const type = fit.data?.model_type;
  return (
    <>
      <ModelSearch />
      <p class="muted">{type}</p>
      {problem && <Problem problem={problem} />}
      <Drop onProblem={setProblem} />
      <button type="button" class="link" aria-expanded={editing} onClick={() => setEditing(!editing)}>
        {editing ? w().done : w().edit}
      </button>
      {(editing || option("set")) && <Dimensions />}
    </>
  );
}
