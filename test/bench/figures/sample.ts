import type { FigureKey } from "./figure.ts";

/** One measurement of a figure on each side, one right after the other. */
export interface Sample {
  readonly figure: FigureKey;
  readonly floor: number;
  readonly product: number;
  /** Of one core, the share that the generator took: the larger of both sides'. 0 where it only waits. */
  readonly generatorShare: number;
}
