/* What the model of the moment has, for controls that depend on it. */
import type { Fit } from "../api/types";

export interface Has {
  images: boolean;
  experts: boolean;
  prediction: boolean; /* layers that predict further tokens (MTP) */
  cache: boolean;
  state: boolean;
}

function fields(fit: Fit, pattern: RegExp): boolean {
  return (fit.fields ?? []).some((field) => pattern.test(field.key) && field.value !== 0 && field.value !== null && field.value !== false);
}

export function modelHas(fit: Fit): Has {
  return {
    images: fields(fit, /^(vision|visual|vit|image_)|\.(vision|visual)_|^(vision|visual|vit)\w*\./),
    experts: fields(fit, /expert/),
    prediction: fields(fit, /nextn|mtp|multi_token/),
    cache: fit.kv_bytes_per_token > 0 || fit.per_device.some((device) => device.components.some((part) => part.name === "kv_cache" && part.bytes > 0)),
    state: fit.per_device.some((device) => device.components.some((part) => part.name === "state" && part.bytes > 0)),
  };
}
