import type { Measurement } from "./measurement.ts";
import { verdicts } from "./verdicts.ts";

/** Every target with what was measured and the verdict; first the head. */
export function verdictRows(measurements: readonly Measurement[]): string[][] {
  const rows = verdicts(measurements).map(({ target, measured, isMet }) => [
    target,
    measured,
    isMet ? "ok" : "missed",
  ]);
  return [["target", "measured", "verdict"], ...rows];
}
