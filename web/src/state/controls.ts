/* Ranges of sliders. */
import type { Range } from "../parts/scale";

const RANGES: Readonly<Record<string, Range>> = {
  context: { min: 256, max: 2 ** 20, log: true, ticks: [1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288, 1048576] },
  sequences: { min: 1, max: 1024, log: true, ticks: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] },
  gpus: { min: 1, max: 64, log: true, ticks: [1, 2, 4, 8, 16, 32, 64] },
};

export function rangeOf(name: string): Range {
  return RANGES[name] ?? { min: 0, max: 100, ticks: [] };
}
