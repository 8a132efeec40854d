import { priceOf } from "./billing.ts";
import type { LifeMeasurement } from "./measure-lives.ts";
import type { Measurement } from "./measure-modes.ts";

const MILLION = 1e6;

/** What was aimed at, and whether it was reached. */
interface Verdict {
  readonly target: string;
  readonly measured: string;
  readonly isMet: boolean;
}

/** The targets that the measured modes and lives have. */
export function verdicts(
  measurements: readonly Measurement[],
  lives: readonly LifeMeasurement[],
): Verdict[] {
  const dollars = measurements.flatMap(({ mode, hour }) => {
    if (mode.targetDollars === null) return [];
    const dollars = priceOf(hour).total * MILLION;
    return {
      target: `${mode.name}: at most $${mode.targetDollars.toFixed(2)} per million task-hours`,
      measured: `$${dollars.toFixed(2)}`,
      isMet: dollars <= mode.targetDollars,
    };
  });
  const idle = measurements.flatMap(({ mode, tasks, mostInMemory, hour, asked }) => {
    if (!mode.hasToSleep || asked === null) return [];
    return {
      target: `${mode.name}: asleep after the first ten seconds`,
      measured:
        `${mostInMemory} objects in memory at most, ${hour.activeSeconds} s active; ` +
        `then ${asked.constructions} of ${tasks} had to be woken, ${asked.watchers} watches were there`,
      isMet:
        mostInMemory === 0 &&
        hour.activeSeconds === 0 &&
        asked.constructions === tasks &&
        asked.watchers === tasks,
    };
  });
  return [...dollars, ...idle, ...lives.flatMap(verdictOnLife)];
}

function verdictOnLife({ life: { name, targetDollars }, each }: LifeMeasurement): Verdict[] {
  if (targetDollars === null) return [];
  const dollars = (priceOf(each).total * MILLION).toFixed(2);
  return [
    {
      target: `${name}: at most $${targetDollars.toFixed(2)} per million`,
      measured: `$${dollars}`,
      // To the cent: it is never the same to the last microsecond.
      isMet: Number(dollars) <= targetDollars,
    },
  ];
}

/** Every target with what was measured and the verdict; first the head. */
export function verdictRows(...measured: Parameters<typeof verdicts>): string[][] {
  const rows = verdicts(...measured).map(({ target, measured, isMet }) => [
    target,
    measured,
    isMet ? "ok" : "missed",
  ]);
  return [["target", "measured", "verdict"], ...rows];
}
