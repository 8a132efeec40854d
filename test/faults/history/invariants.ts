import { type Stall, StallMeter } from "../stalls.ts";
import type { Entry } from "./history.ts";
import { type Life, livesOf } from "./lives.ts";
import {
  acknowledgedStays,
  endedIsEnded,
  fencedStaysOut,
  knownIsSeen,
} from "./state-invariants.ts";
import { nothingInvented, timersInTime, watchersLearn } from "./watch-invariants.ts";

/** The promises that the lab checks, and what each says. Only the first seven are read from a history. */
export const INVARIANTS = {
  I1: "an acknowledged cancel is never lost",
  I2: "a read that begins after something was known sees it",
  I3: "every live watcher learns",
  I4: "nobody is told of something that did not happen",
  I5: "a fenced attempt can neither finish nor overwrite",
  I6: "ended is ended",
  I7: "no timer acts early, and none is lost",
  grace: "a worker that hears of a cancel has its whole grace, and what it then says is on record",
  lease: "a task is handed on when its worker is lost, and neither before nor never",
  overlap: "two workers that obey never run a task at once",
  "no task lost": "what waits in a queue runs, to its end",
  "no slot leaks": "a queue counts nothing that is over",
  order:
    "a queue hands out by priority and age, at once, to as many as may run, and not while it is paused",
  tree: "a cancel reaches everything below it, and all of that is counted",
  list: "a list shows what the tasks say, and never goes back",
  bulk: "a cancel of many that is done has reached all of them",
  webhook:
    "every event reaches its webhook, signed and under one id, and one that is gone gets no more",
  settles: "every call settles, and gets an answer once the network works",
  "nothing left": "no timer, request or socket outlives the last call and close",
  "no rush": "nothing asks in a tight loop",
} as const;

/** One of the promises. */
export type Invariant = keyof typeof INVARIANTS;

/** A promise that was broken. */
export interface Violation {
  readonly invariant: Invariant;
  /** What happened to which task, and when. */
  readonly detail: string;
}

type Check = (life: Life, untilMs: number, stalls: readonly Stall[]) => readonly string[];

const CHECKS: readonly (readonly [Violation["invariant"], Check])[] = [
  ["I1", acknowledgedStays],
  ["I2", knownIsSeen],
  ["I3", watchersLearn],
  ["I4", nothingInvented],
  ["I5", fencedStaysOut],
  ["I6", endedIsEnded],
  ["I7", timersInTime],
];

/**
 * Returns every promise that a history shows to be broken. `untilMs` is how far a history goes that
 * is not over: what may still be kept after that time is not broken yet. What is due within a time
 * is due in that much time in which the machine did not stall.
 */
export function checkHistory(
  entries: readonly Entry[],
  untilMs = Number.POSITIVE_INFINITY,
  stalls: readonly Stall[] = [],
): Violation[] {
  return livesOf(entries).flatMap((life) =>
    CHECKS.flatMap(([invariant, check]) =>
      check(life, untilMs, stalls).map((detail) => ({
        invariant,
        detail: `${life.id}: ${detail}`,
      })),
    ),
  );
}

/** What was seen up to now may still be on its way to the lab. */
const NOTED_WITHIN_MS = 1000;

/**
 * Judges a history while it is written: `isEnough` says whether a promise is broken already,
 * whatever comes next, and the lab is to stop at the first.
 */
export function judge(history: { readonly entries: readonly Entry[] }, stopsAtFirst: boolean) {
  const meter = new StallMeter();
  const brokenBy = (untilMs?: number) => checkHistory(history.entries, untilMs, meter.stalls);
  const brokenByNow = () => brokenBy(Date.now() - NOTED_WITHIN_MS);
  const isEnough = () => stopsAtFirst && brokenByNow().length > 0;
  const violations = () => (isEnough() ? brokenByNow() : brokenBy());
  return { isEnough, violations };
}
