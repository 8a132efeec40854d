import { acknowledgedStays } from "./acknowledged-stays.ts";
import { endedIsEnded } from "./ended-is-ended.ts";
import type { Entry } from "./entry.ts";
import { fencedStaysOut } from "./fenced-stays-out.ts";
import { knownIsSeen } from "./known-is-seen.ts";
import type { Life } from "./life.ts";
import { livesOf } from "./lives-of.ts";
import { nothingInvented } from "./nothing-invented.ts";
import { timersInTime } from "./timers-in-time.ts";
import type { Violation } from "./violation.ts";
import { watchersLearn } from "./watchers-learn.ts";

type Check = (life: Life) => readonly string[];

const CHECKS: readonly (readonly [Violation["invariant"], Check])[] = [
  ["I1", acknowledgedStays],
  ["I2", knownIsSeen],
  ["I3", watchersLearn],
  ["I4", nothingInvented],
  ["I5", fencedStaysOut],
  ["I6", endedIsEnded],
  ["I7", timersInTime],
];

/** Every promise that a history shows to be broken. */
export function checkHistory(entries: readonly Entry[]): Violation[] {
  return livesOf(entries).flatMap((life) =>
    CHECKS.flatMap(([invariant, check]) =>
      check(life).map((detail) => ({ invariant, detail: `${life.id}: ${detail}` })),
    ),
  );
}
