/* A derivation to take away: as text, as LaTeX, as JSON. */
import { useState } from "preact/hooks";
import type { ExplainNode } from "../api/types";
import { words } from "../text";
import { asJson, asLatex, asText } from "./derivation";

const w = words({
  en: { copy: "Copy as", text: "text", copied: (what: string) => `${what} copied`, failed: "The browser refused the clipboard." },
  zh: { copy: "复制为", text: "文本", copied: (what: string) => `已复制${what}`, failed: "浏览器拒绝了剪贴板访问。" },
});

/* Puts a text on the clipboard; false where the browser refuses. */
export async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

export function Copy({ nodes }: { nodes: readonly ExplainNode[] }) {
  const [told, setTold] = useState("");
  const put = (name: string, make: (all: readonly ExplainNode[]) => string) => (
    <button type="button" class="link" data-copy={name} onClick={() => {
      void toClipboard(make(nodes)).then((done) => setTold(done ? w().copied(name) : w().failed));
    }}>{name}</button>
  );
  return (
    <p class="copy">
      {w().copy} {put(w().text, asText)} {put("LaTeX", asLatex)} {put("JSON", asJson)}{" "}
      <span role="status">{told}</span>
    </p>
  );
}
