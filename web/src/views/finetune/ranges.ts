/* Ranges of training's sliders: those of the published calculators, and what lies beyond them in use. */
import type { Range } from "../../parts/scale";

const RANGES: Readonly<Record<string, Range>> = {
  batch: { min: 1, max: 512, log: true, ticks: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512], best: [1, 8], impact: 3 },
  sequence: { min: 512, max: 2 ** 17, log: true, ticks: [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072], best: [2048, 8192], impact: 3 },
  rank: { min: 1, max: 512, log: true, ticks: [1, 4, 8, 16, 32, 64, 128, 256, 512], best: [4, 64], impact: 1 },
  generations: { min: 1, max: 64, log: true, ticks: [1, 2, 4, 8, 16, 32, 64], best: [4, 64], impact: 3 },
  gpus: { min: 1, max: 256, log: true, ticks: [1, 2, 4, 8, 16, 32, 64, 128, 256], impact: 3 },
  reserve: { min: 0, max: 50, ticks: [0, 10, 20, 30, 40, 50], best: [10, 30] },
};

export function trainRange(name: string): Range {
  return RANGES[name] ?? { min: 0, max: 100, ticks: [] };
}
