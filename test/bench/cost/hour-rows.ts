import { countColumns } from "./count-columns.ts";
import type { Measurement } from "./measurement.ts";
import { priceOf } from "./price-of.ts";

const MILLION = 1e6;

/** What an hour of one watch takes in each mode, and what a million of them cost; first the head. */
export function hourRows(measurements: readonly Measurement[]): string[][] {
  const head = ["one watch, one hour", ...countColumns("heads"), "in memory s", "$ per million"];
  const rows = measurements.map(({ mode, hour, inMemorySeconds }) => [
    mode.name,
    ...countColumns(hour),
    inMemorySeconds.toFixed(0),
    (priceOf(hour).total * MILLION).toFixed(2),
  ]);
  return [head, ...rows];
}
