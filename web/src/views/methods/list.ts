/* /api/v1/methods in the language of the moment: asked once for each. */
import { useAnswer } from "../../api/answer";
import type { Method } from "./types";

export function useMethods(): readonly Method[] {
  return useAnswer<{ methods: Method[] }>("methods", {}).data?.methods ?? [];
}
