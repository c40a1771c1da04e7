/* Whether an option that is given says anything: the same question without it is asked, and its answer compared. */
import { useAnswer } from "../api/answer";
import { ranges } from "../api/ranges";
import type { Fit } from "../api/types";
import { useFit } from "../state/answers";
import { bodyFor, memberOf, option, optionList, options } from "../state/question";
import { words } from "../text";

const w = words({ en: { idle: "Changes nothing in this answer." }, zh: { idle: "对此答案没有影响。" } });

/* What weighs and how far it goes; how it was asked, what formats are called and how long it took are left out. */
function told(fit: Fit): string {
  const { per_device, fits, max_context, max_sequences, speed, kv_bytes_per_token, reserve_bytes } = fit;
  return JSON.stringify([per_device, fits, max_context, max_sequences, speed, kv_bytes_per_token, reserve_bytes],
    (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

/* Whether the answer stays the same with something else in the question; false while it is not known. */
export function useSame(when: boolean, instead: Record<string, string | string[] | null>): boolean {
  const fit = useFit();
  const ask = when && !fit.problem && ranges.value !== null; /* what is not asked follows nothing */
  const other = useAnswer<Fit>("fit", ask ? bodyFor("fit", options.value, instead) : null, "settled");
  return ask && !fit.pending && !other.pending && fit.data !== null && other.data !== null && told(fit.data) === told(other.data);
}

/* Of an option, or of one member of a list of options (an engine's). */
export function useIdle(name: string, member?: string): string | undefined {
  const given = member === undefined ? option(name) !== "" : memberOf(name, member) !== "";
  const others = member === undefined ? [] : optionList(name).filter((entry) => !entry.startsWith(`${member}=`));
  return useSame(given, { [name]: others.length ? others : null }) ? w().idle : undefined;
}
