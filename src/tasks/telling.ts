import { cutText, MAX_REASON_CHARACTERS } from "../../worker-client/protocol.ts";
import {
  type ChildReport,
  type ChildRow,
  confirmed,
  type Family,
  type FamilyLatch,
  lives,
  NO_COUNTS,
  reported,
  type Sweep,
} from "./family.ts";

/** Its Worker makes an adopted child within this time, or does not at all. */
export const DECLARED_WITHIN_MS = 60_000;
const FORGOTTEN_CHILD_MS = 3_600_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 300_000;

/** The cancel that a child is told of, or is born with. */
export interface ParentCancel {
  readonly cause: "parent" | "superseded";
  readonly reason: string | null;
  readonly requestedBy: string | null;
}

/** What a cancelled parent tells its children. The words reach the whole tree as they are. */
export function cancelOf({ reason, requestedBy }: FamilyLatch, id: string): ParentCancel {
  const prefix = /^cancelled with \S+/.test(reason ?? "") ? "" : `cancelled with ${id}`;
  const text = [prefix, reason].filter((part) => part).join(": ");
  return { cause: "parent", reason: cutText(text, MAX_REASON_CHARACTERS), requestedBy };
}

/** What a child is visited for. `later`: its Worker is only just making it. */
export type Errand =
  | { readonly type: "cancel"; readonly cancel: ParentCancel }
  | { readonly type: "ask" }
  | { readonly type: "later" };

/** What is to be said to a child; null: nothing. */
export function errandFor(id: string, family: Family, row: ChildRow, nowMs: number): Errand | null {
  if (!lives(row.counts) && !row.isDoubtful) return null;
  if (isForgotten(row)) return { type: "ask" };
  const { latch, superseder, sweep } = family;
  if (latch !== null && !row.staysOn && !row.isTold) {
    // A clock that is set back may show an earlier time.
    const ageMs = Math.abs(nowMs - row.adoptedAtMs);
    const isNew = row.adoptedAtMs > latch.atMs && ageMs < DECLARED_WITHIN_MS;
    return isNew ? { type: "later" } : { type: "cancel", cancel: cancelOf(latch, id) };
  }
  if (superseder !== null && row.adoptedAtMs < superseder.adoptedAtMs && !row.isTold) {
    const reason = `superseded by ${superseder.id}`;
    return { type: "cancel", cancel: { cause: "superseded", reason, requestedBy: null } };
  }
  return sweep?.isAsking === true ? { type: "ask" } : null;
}

/** A parent calls on a child: it is cancelled, or (null) only asked how it is. */
export interface ParentVisit {
  readonly parent: string;
  readonly cancel: ParentCancel | null;
}

export type ChildAnswer =
  | { readonly kind: "report"; readonly report: ChildReport }
  | { readonly kind: "not_child" }
  | { readonly kind: "unknown" };

/**
 * The row of a child that is about to be forgotten; null: that does not matter. A Worker may be making
 * it anew, by an adoption from before the parent's cancel. So it is asked until that is over, and not
 * told, which would make it.
 */
export function forgotten(family: Family, row: ChildRow, nowMs: number): ChildRow | null {
  if (!isBeingMade(family, row, nowMs)) return null;
  // Another task of that id counts its reports from the beginning.
  return { ...row, isDoubtful: true, isTold: true, reportedAt: 0 };
}

/** The row after a child has reported, unasked; null if that says nothing new. */
export function heard(
  family: Family,
  row: ChildRow,
  report: ChildReport,
  nowMs: number,
): ChildRow | null {
  return heardAnew(family, row, report, nowMs) ?? reported(row, report);
}

/** The row of a child that was forgotten, after it has said how it is; null: it was not. */
function heardAnew(
  family: Family,
  row: ChildRow,
  report: ChildReport,
  nowMs: number,
): ChildRow | null {
  if (!isForgotten(row)) return null;
  const after = confirmed(row, report) ?? row;
  if (report.hasEnded) return { ...after, isDoubtful: isBeingMade(family, row, nowMs) };
  // It was made anew, and has heard of nothing.
  return { ...after, isDoubtful: false, isTold: false };
}

function isForgotten({ isDoubtful, isTold }: ChildRow): boolean {
  return isDoubtful && isTold;
}

/** When a child was adopted last, or, to within `DECLARED_WITHIN_MS`, any child that lived already. */
export function lastAdoptedAtMs({ readoptedAtMs = 0 }: Family, { adoptedAtMs }: ChildRow): number {
  return Math.max(adoptedAtMs, readoptedAtMs);
}

/** Whether a Worker may be about to make a child that was forgotten. */
function isBeingMade(family: Family, row: ChildRow, nowMs: number): boolean {
  // A clock that is set back may show an earlier time.
  return Math.abs(nowMs - lastAdoptedAtMs(family, row)) < 2 * DECLARED_WITHIN_MS;
}

/** The row after a visit: dropped (null) if there is no such child. */
export function visited(
  family: Family,
  row: ChildRow,
  errand: Errand,
  answer: ChildAnswer,
  nowMs: number,
): ChildRow | null {
  switch (answer.kind) {
    case "report": {
      const { report } = answer;
      if (errand.type === "cancel") return { ...(confirmed(row, report) ?? row), isTold: true };
      return heardAnew(family, row, report, nowMs) ?? confirmed(row, report) ?? row;
    }
    // Another Worker may still make it, or died before it could.
    case "not_child":
      if (isOld(row, nowMs)) return null;
      return { ...row, isDoubtful: true, hasEnded: true, counts: NO_COUNTS };
    case "unknown":
      if (isOld(row, nowMs)) return null;
      return isForgotten(row) ? { ...row, isDoubtful: isBeingMade(family, row, nowMs) } : row;
  }
}

function isOld({ adoptedAtMs }: ChildRow, nowMs: number): boolean {
  // A clock that is set back may show an earlier time.
  return Math.abs(nowMs - adoptedAtMs) >= FORGOTTEN_CHILD_MS;
}

/** The family with all its children to be visited, from the beginning; `dueAtMs`: by the alarm. */
export function withSweep(family: Family, dueAtMs: number, isAsking = false): Family {
  const { sweep } = family;
  if (sweep !== null) {
    return {
      ...family,
      sweep: { ...sweep, mustRepeat: true, isAsking: sweep.isAsking || isAsking },
    };
  }
  return { ...family, sweep: { ...NEW_SWEEP, isAsking, dueAtMs } };
}

/** The family once a visit has made one row of another: with what is still to be done. */
export function withVisit(
  family: Family,
  { before, after, answer }: Visited,
  nowMs: number,
): Family {
  if (after === null) return family;
  if (before.isTold && !after.isTold) return withSweep(family, nowMs);
  if (isForgotten(after) && isBeingMade(family, after, nowMs)) return withForgotten(family, nowMs);
  const mayLive = lives(after.counts) || after.isDoubtful;
  return mayLive && answer.kind !== "report" ? withMissed(family, nowMs) : family;
}

interface Visited {
  readonly before: ChildRow;
  /** Null: it was dropped. */
  readonly after: ChildRow | null;
  readonly answer: ChildAnswer;
}

/** The family with a child that was forgotten: a parent that has something to tell asks it later. */
export function withForgotten(family: Family, nowMs: number): Family {
  if (family.latch === null && family.superseder === null) return family;
  const known = family.sweep ?? { ...NEW_SWEEP, dueAtMs: nowMs + DECLARED_WITHIN_MS };
  return { ...family, sweep: { ...known, hasWaited: true } };
}

/** The family with a child that could not be told. */
export function withFailed(family: Family): Family {
  const { sweep } = family;
  return sweep === null ? family : { ...family, sweep: { ...sweep, hasFailed: true } };
}

/** The family with a child to be asked again: it did not exist, or could not be reached. */
export function withMissed(family: Family, nowMs: number): Family {
  const known = family.sweep ?? { ...NEW_SWEEP, dueAtMs: nowMs + FORGOTTEN_CHILD_MS };
  return { ...family, sweep: { ...known, isAsking: true, hasMissed: true } };
}

const NEW_SWEEP: Sweep = {
  cursor: "",
  isAsking: false,
  mustRepeat: false,
  hasFailed: false,
  hasWaited: false,
  hasMissed: false,
  failures: 0,
  dueAtMs: 0,
};

/**
 * The sweep at the end of the way: over (null), or to be gone again, for children that could not be
 * reached or that are new. `chance` is a random number from 0 to 1.
 */
export function sweptOnce(sweep: Sweep, nowMs: number, chance: number): Sweep | null {
  const { hasFailed, hasWaited, hasMissed, mustRepeat } = sweep;
  if (!hasFailed && !hasWaited && !hasMissed && !mustRepeat) return null;
  const failures = hasFailed ? sweep.failures + 1 : 0;
  const longestMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
  // Half of it is random, so that parents that failed together do not come back together.
  const pauseMs = hasFailed
    ? longestMs * (0.5 + chance / 2)
    : hasWaited
      ? DECLARED_WITHIN_MS
      : FORGOTTEN_CHILD_MS;
  const dueAtMs = mustRepeat ? nowMs : nowMs + pauseMs;
  return { ...NEW_SWEEP, isAsking: sweep.isAsking, failures, dueAtMs };
}

/** What a task's object is told of a child: by the child, or (`check`) by a Worker that is in doubt. */
export type ChildNews =
  | { readonly type: "report"; readonly report: ChildReport }
  | { readonly type: "supersede"; readonly child: string }
  | { readonly type: "check"; readonly child: string }
  | { readonly type: "forgotten"; readonly child: string };
