/* The body of a command's question, the same object while it says the same: who shows its answer is not drawn anew for an option
 * that the command does not take. */
import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Body, Value } from "../api/client";
import { ranges } from "../api/ranges";
import { bodyFor, options } from "./question";

/* null while the server's options are not known. */
export function useBody(command: string, extra: Record<string, Value | null> = {}): Body | null {
  const named = JSON.stringify(extra);
  const body = useMemo(() => {
    let last: Body | null = null;
    let text = "";
    return computed(() => {
      const now = ranges.value ? bodyFor(command, options.value, extra) : null;
      const said = JSON.stringify(now);
      if (said !== text) [last, text] = [now, said];
      return last;
    });
  }, [command, named]);
  return body.value;
}
