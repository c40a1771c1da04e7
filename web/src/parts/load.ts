/* From answers to loads. */
import type { Component, Device, Fit } from "../api/types";
import type { Load } from "./LoadBar";

export function loadOfDevice(device: Device): Load {
  return {
    components: device.components,
    bytes: device.bytes,
    low: device.low_bytes,
    high: device.high_bytes,
    budget: device.budget_bytes ?? null,
    capacity: device.capacity_bytes ?? null,
    spare: device.spare_bytes ?? null,
  };
}

export function worstDevice(fit: Fit): Device | undefined {
  return fit.per_device[fit.worst_device] ?? fit.per_device[0];
}

/* Equal devices are shown once: their loads, and how many are like each. Worst first. */
export function distinctDevices(fit: Fit): { device: Device; alike: number }[] {
  const seen = new Map<string, { device: Device; alike: number }>();
  for (const device of fit.per_device) {
    const key = JSON.stringify([device.gpu, device.bytes, device.budget_bytes, device.components.map((c: Component) => c.bytes)]);
    const known = seen.get(key);
    if (known) known.alike++;
    else seen.set(key, { device, alike: 1 });
  }
  return [...seen.values()].sort((a, b) => (a.device.spare_bytes ?? -a.device.bytes) - (b.device.spare_bytes ?? -b.device.bytes));
}
