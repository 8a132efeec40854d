import { countColumns } from "./count-columns.ts";
import type { Measurement } from "./measurement.ts";
import { priceOf } from "./price-of.ts";

const MILLION = 1e6;

/** What it takes to open one watch in each mode, and what a million of them cost; first the head. */
export function openingRows(measurements: readonly Measurement[]): string[][] {
  const head = ["opening one watch", ...countColumns("heads"), "$ per million"];
  const rows = measurements.map(({ mode, opening }) => [
    mode.name,
    ...countColumns(opening),
    (priceOf(opening).total * MILLION).toFixed(2),
  ]);
  return [head, ...rows];
}
