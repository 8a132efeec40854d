import type { Side } from "../load/side.ts";

/** What one task or request costs when there are so many tasks. */
export interface GrowthPoint {
  readonly tasks: number;
  readonly cost: { readonly [side in Side]: { readonly [cost in GrowthCost]: number } };
}

export type GrowthCost = "toldP50Ms" | "toldP99Ms" | "readMs" | "coldMs" | "memoryKib";
