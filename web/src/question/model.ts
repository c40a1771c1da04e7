/* What the model of the moment has, for controls that depend on it: as its parameters and its answer say. */
import { useAnswer } from "../api/answer";
import { ranges } from "../api/ranges";
import type { Fit, Params } from "../api/types";
import { bodyFor, options } from "../state/question";

export interface Parts {
  images: boolean; /* a tower that makes tokens of images */
  experts: boolean;
  prediction: boolean; /* layers that predict further tokens (MTP) */
}

/* null while it is not known; the same question as that of the model's facts, so it is asked once. */
export function useParts(): Parts | null {
  const { data } = useAnswer<Params>("params", ranges.value ? bodyFor("params", options.value) : null);
  if (!data) return null;
  const has = (name: string) => data.groups.some((group) => group.name === name);
  return { images: has("vision"), experts: has("routed_expert"), prediction: data.mtp_parameters > 0 };
}

export function keepsCache(fit: Fit): boolean {
  return fit.kv_bytes_per_token > 0 || weighs(fit, "kv_cache");
}

export function keepsState(fit: Fit): boolean {
  return weighs(fit, "state");
}

function weighs(fit: Fit, name: string): boolean {
  return fit.per_device.some((device) => device.components.some((part) => part.name === name && part.bytes > 0));
}
