/* One's own config.json: dropped anywhere on the page, pasted, chosen. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../parts/Problem";
import { words } from "../text";
import { send, sendFile, sendProblem } from "./send";

const w = words({
  en: {
    own: "Your own config.json: drop it on the page, ", choose: "choose a file", or: " or ", paste: "paste it",
    here: "Drop to weigh it", what: "A model's config.json. It goes to this page's own server alone.", pasted: "Text of a config.json",
    weigh: "Weigh it", refused: (name: string) => `${name} cannot be weighed:`, away: "dismiss", end: ".",
  },
  zh: {
    own: "自己的 config.json：拖到页面上、", choose: "选择文件", or: "或", paste: "粘贴", here: "松开即可称重",
    what: "模型的 config.json，只会发送到本页面所在的服务器。", pasted: "config.json 的内容", weigh: "称重",
    refused: (name: string) => `无法称量 ${name}：`, away: "忽略", end: "。",
  },
});

function holdsFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/* True while something is held over the page. */
function useDropAnywhere(): boolean {
  const [over, setOver] = useState(false);
  const depth = useRef(0);
  useEffect(() => {
    const listen = {
      dragenter: (event: DragEvent) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        depth.current++;
        setOver(true);
      },
      dragover: (event: DragEvent) => {
        if (holdsFiles(event)) event.preventDefault();
      },
      dragleave: () => {
        depth.current = Math.max(0, depth.current - 1);
        if (depth.current === 0) setOver(false);
      },
      drop: (event: DragEvent) => {
        depth.current = 0;
        setOver(false);
        if (!holdsFiles(event)) return;
        event.preventDefault();
        void sendFile(event.dataTransfer?.files[0]);
      },
    };
    const entries = Object.entries(listen) as [keyof typeof listen, (event: DragEvent) => void][];
    for (const [name, act] of entries) window.addEventListener(name, act);
    return () => {
      for (const [name, act] of entries) window.removeEventListener(name, act);
    };
  }, []);
  return over;
}

function usePasteAnywhere(): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const target = event.target;
      if (target instanceof HTMLElement && target.matches("input, textarea, select")) return;
      const text = event.clipboardData?.getData("text") ?? "";
      if (!text.trim().startsWith("{")) return;
      event.preventDefault();
      void send(text, "config.json");
    };
    window.addEventListener("paste", paste);
    return () => window.removeEventListener("paste", paste);
  }, []);
}

function Paste({ onDone }: { onDone: () => void }) {
  const [text, setText] = useState("");
  return (
    <form class="paste" onSubmit={(event) => { event.preventDefault(); void send(text, "config.json").then(() => !sendProblem.value && onDone()); }}>
      <textarea class="mono" rows={6} spellcheck={false} aria-label={w().pasted} placeholder={'{ "model_type": "llama", … }'} value={text}
        ref={(area) => { if (area && !text) area.focus(); }} onInput={(event) => setText(event.currentTarget.value)} />
      <button type="submit" class="plain-button" disabled={!text.trim()}>{w().weigh}</button>
    </form>
  );
}

export function Send() {
  const over = useDropAnywhere();
  const [pasting, setPasting] = useState(false);
  usePasteAnywhere();
  const refused = sendProblem.value;
  return (
    <div class="send">
      <p class="note">
        {w().own}
        <label class="file">
          <input type="file" accept=".json,application/json" class="unseen" data-send="file"
            onChange={(event) => { void sendFile(event.currentTarget.files?.[0]); event.currentTarget.value = ""; }} />
          {w().choose}
        </label>
        {w().or}
        <button type="button" class="link" aria-expanded={pasting} data-send="paste" onClick={() => setPasting(!pasting)}>{w().paste}</button>{w().end}
      </p>
      {pasting && <Paste onDone={() => setPasting(false)} />}
      {refused && (
        <div class="refused">
          <p class="problem">{w().refused(refused.name)}</p>
          <Problem problem={refused.problem} />
          <button type="button" class="link" onClick={() => (sendProblem.value = null)}>{w().away}</button>
        </div>
      )}
      {over && <div class="overlay" role="status"><p><strong>{w().here}</strong><br />{w().what}</p></div>}
    </div>
  );
}
