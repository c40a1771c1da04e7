/* What the API refused, in its own words. */
import type { Problem as Told } from "../api/client";
import { words } from "../text";

const w = words({
  en: { unreachable: "The server does not answer. Is `weigh serve` still running?" },
  zh: { unreachable: "服务器没有应答。weigh serve 还在运行吗？" },
});

/* What stands between backquotes is quoted from the question. */
export function Quoted({ text }: { text: string }) {
  return <>{text.split("`").map((piece, i) => (i % 2 ? <code key={i}>{piece || "\"\""}</code> : piece))}</>;
}

export function Problem({ problem }: { problem: Told }) {
  return (
    <p class="problem" role="alert">
      {problem.status === 0 ? w().unreachable : <Quoted text={problem.detail} />}
    </p>
  );
}
