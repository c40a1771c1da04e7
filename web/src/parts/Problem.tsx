/* What the API refused, in its own words. */
import type { Problem as Told } from "../api/client";
import { words } from "../text";

const w = words({
  en: { unreachable: "The server does not answer. Is `weigh serve` still running?" },
  zh: { unreachable: "服务器没有应答。weigh serve 还在运行吗？" },
});

export function Problem({ problem }: { problem: Told }) {
  return (
    <p class="problem" role="alert">
      {problem.status === 0 ? w().unreachable : problem.detail}
    </p>
  );
}
