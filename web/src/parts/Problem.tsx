/* What the API refused, in its own words. Names in them that the control takes are buttons that give it them. */
import type { Problem as Told } from "../api/client";
import { namesFor } from "../api/ranges";
import { change } from "../state/question";
import { words } from "../text";

const w = words({
  en: { unreachable: "The server does not answer. Is `weigh serve` still running?", take: (name: string) => `Ask with ${name}` },
  zh: { unreachable: "服务器没有应答。weigh serve 还在运行吗？", take: (name: string) => `改用 ${name}` },
});

/* What stands between backquotes is quoted from the question. */
export function Quoted({ text, field }: { text: string; field?: string | undefined }) {
  return <>{text.split("`").map((piece, i) => (i % 2 ? <code key={i}>{piece || "\"\""}</code> : <Offered key={i} text={piece} field={field} />))}</>;
}

/* "ORG/MODEL" is a model's name wherever it stands. */
const MODEL = /^[\w.-]+\/[\w.-]*\w$/;

function isName(word: string, field: string, known: ReadonlySet<string>): boolean {
  return field === "model" || field === "draft" ? MODEL.test(word) : known.has(word.toLowerCase());
}

/* Lists of names are set apart by commas and such in both languages. */
function Offered({ text, field }: { text: string; field: string | undefined }) {
  if (!field || !/[,:，：、]|mean|指/.test(text)) return <>{text}</>;
  const known = new Set(["fit", "train"].flatMap((command) => namesFor(command, field)).map((name) => name.toLowerCase()));
  const pieces = text.split(field === "model" || field === "draft" ? /([\s,;:?，；：？、]+)/ : /(\s*[,;:?，；：？、]\s*)/);
  return (
    <>
      {pieces.map((word, i) => (i % 2 === 0 && word && isName(word, field, known)
        ? <button type="button" key={i} class="link offer" title={w().take(word)} data-offer={word} onClick={() => change({ [field]: word })}>{word}</button> : word))}
    </>
  );
}

export function Problem({ problem }: { problem: Told }) {
  return (
    <p class="problem" role="alert">
      {problem.status === 0 ? w().unreachable : <Quoted text={problem.detail} field={problem.field} />}
    </p>
  );
}
