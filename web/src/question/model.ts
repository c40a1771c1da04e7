/* What the model of the moment has, for controls that depend on it: as its parameters and its answer say. */
import { useAnswer, type Answer } from "../api/answer";
import type { Fit, Params } from "../api/types";
import { useBody } from "../state/body";

export interface Parts {
  images: boolean; /* a tower that makes tokens of images */
  experts: boolean;
  prediction: boolean; /* layers that predict further tokens (MTP) */
}

export function useParams(): Answer<Params> {
  return useAnswer<Params>("params", useBody("params"));
}

/* null while it is not known; the same question as that of the model's facts, so it is asked once. */
export function useParts(): Parts | null {
  const { data } = useParams();
  if (!data) return null;
  const has = (name: string) => data.groups.some((group) => group.name === name);
  return { images: has("vision"), experts: has("routed_expert"), prediction: data.mtp_parameters > 0 };
}

export function keepsCache(fit: Pick<Fit, "kv_bytes_per_token" | "per_device">): boolean {
  return fit.kv_bytes_per_token > 0 || weighs(fit, "kv_cache");
}

export function keepsState(fit: Pick<Fit, "per_device">): boolean {
  return weighs(fit, "state");
}

function weighs(fit: Pick<Fit, "per_device">, name: string): boolean {
  return fit.per_device.some((device) => device.components.some((part) => part.name === name && part.bytes > 0));
}
