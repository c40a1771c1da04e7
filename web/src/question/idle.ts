/* Whether an option that is given says anything: the same question without it is asked, and its answer compared. */
import { useAnswer } from "../api/answer";
import type { Fit } from "../api/types";
import { useFit } from "../state/answers";
import { bodyFor, option, options } from "../state/question";
import { words } from "../text";

const w = words({ en: { idle: "Changes nothing in this answer." }, zh: { idle: "对此答案没有影响。" } });

/* What weighs and how far it goes; how it was asked, what formats are called and how long it took are left out. */
function told(fit: Fit): string {
  const { per_device, fits, max_context, max_sequences, speed, kv_bytes_per_token, reserve_bytes, command, engine_options } = fit;
  return JSON.stringify([per_device, fits, max_context, max_sequences, speed, kv_bytes_per_token, reserve_bytes, command, engine_options],
    (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

export function useIdle(name: string, context = false): string | undefined {
  const given = option(name) !== "";
  const { data, problem, pending } = useFit();
  const without = useAnswer<Fit>("fit", given && !problem ? bodyFor("fit", options.value, { [name]: null }) : null);
  if (!given || context || problem || pending || without.pending || !data || !without.data) return undefined;
  return told(data) === told(without.data) ? w().idle : undefined;
}
