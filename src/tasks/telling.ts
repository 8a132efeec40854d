import { cutText, MAX_REASON_CHARACTERS } from "../../worker-client/protocol.ts";
import {
  ASKED_EVERY_MS,
  DECLARED_WITHIN_MS,
  isNew,
  isUrgent,
  missed,
  withDoubt,
  withoutChild,
} from "./doubt.ts";
import {
  type ChildReport,
  type ChildRow,
  confirmed,
  type Family,
  type FamilyLatch,
  lives,
  type Sweep,
} from "./family.ts";

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 300_000;

/** The cancel that a child is told of, or created with. */
export interface ParentCancel {
  readonly cause: "parent" | "superseded";
  readonly reason: string | null;
  readonly requestedBy: string | null;
}

/** The cancel for the children of a cancelled parent. Its reason reaches the whole tree unchanged. */
export function cancelOf({ reason, requestedBy }: FamilyLatch, id: string): ParentCancel {
  const prefix = /^cancelled with \S+/.test(reason ?? "") ? "" : `cancelled with ${id}`;
  const text = [prefix, reason].filter((part) => part).join(": ");
  return { cause: "parent", reason: cutText(text, MAX_REASON_CHARACTERS), requestedBy };
}

/** Why a child is visited. `later`: not yet, because its Worker may still be creating it. */
export type Errand =
  | { readonly type: "cancel"; readonly cancel: ParentCancel }
  | { readonly type: "ask" }
  | { readonly type: "later" };

/** Why a child must be visited, or null if it need not be. */
export function errandFor(id: string, family: Family, row: ChildRow, nowMs: number): Errand | null {
  if (!lives(row.counts) && !row.isDoubtful) return null;
  const { latch, superseder, sweep } = family;
  if (latch !== null && !row.staysOn && !row.isTold) {
    // A child adopted after the cancel is created cancelled, if at all.
    const isBornCancelled = row.adoptedAtMs > latch.atMs && row.isDoubtful;
    if (!isBornCancelled) return { type: "cancel", cancel: cancelOf(latch, id) };
    return { type: isNew(row, nowMs) ? "later" : "ask" };
  }
  if (superseder !== null && row.adoptedAtMs < superseder.adoptedAtMs && !row.isTold) {
    const { id: newer, requestedBy = null } = superseder;
    const reason = `superseded by ${newer}`;
    return { type: "cancel", cancel: { cause: "superseded", reason, requestedBy } };
  }
  if (row.isDoubtful && isNew(row, nowMs)) {
    return isUrgent(family, row, nowMs) ? { type: "later" } : null;
  }
  return row.isDoubtful || sweep?.isAsking === true ? { type: "ask" } : null;
}

/** A parent's visit to a child. It cancels the child, or only asks for its state if `cancel` is null. */
export interface ParentVisit {
  readonly parent: string;
  readonly cancel: ParentCancel | null;
}

export type ChildAnswer =
  | { readonly kind: "report"; readonly report: ChildReport }
  | { readonly kind: "not_child" }
  | { readonly kind: "unknown" };

/** The row after a child has sent a report, or null if its last one was as new or newer. */
export function heard(row: ChildRow, report: ChildReport): ChildRow | null {
  return report.at > row.reportedAt ? confirmed(row, report) : null;
}

/** The row after a visit, or null to drop it. */
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
      if (errand.type === "cancel") {
        const after = confirmed(row, report) ?? row;
        const isTold = errand.cancel.cause === "superseded" || !after.staysOn;
        return { ...after, isDoubtful: false, isTold };
      }
      return confirmed(row, report) ?? row;
    }
    case "not_child":
      return withoutChild(family, row, nowMs);
    case "unknown":
      return missed(family, row, nowMs);
  }
}

/**
 * Returns the family with a sweep over all its children, from the beginning. If nothing else starts
 * it, the alarm does at `dueAtMs`.
 */
export function withSweep(family: Family, dueAtMs: number, isAsking = false): Family {
  const { sweep } = family;
  if (sweep === null) return { ...family, sweep: { ...NEW_SWEEP, isAsking, dueAtMs } };
  return {
    ...family,
    sweep: {
      ...sweep,
      mustRepeat: true,
      isAsking: sweep.isAsking || isAsking,
      dueAtMs: Math.min(sweep.dueAtMs, dueAtMs),
    },
  };
}

/** Returns the family with a sweep to ask any children in doubt, or null if it is too early. */
export function doubtsAsked(family: Family, nowMs: number): Family | null {
  const { doubtful = 0, doubtAtMs = null } = family;
  if (doubtAtMs === null || nowMs < doubtAtMs) return null;
  if (doubtful === 0) return { ...family, doubtAtMs: null };
  return { ...withSweep(family, nowMs), doubtAtMs: nowMs + ASKED_EVERY_MS };
}

/** Returns the family with what a changed row calls for. */
export function withNews(family: Family, before: ChildRow, after: ChildRow, nowMs: number): Family {
  if (after.isDoubtful) return withDoubt(family, after, nowMs);
  // If the child was in doubt or had ended, the cancel may have passed it by.
  const isBack = before.isDoubtful || !lives(before.counts);
  const mustHear = isBack && errandFor("", family, after, nowMs)?.type === "cancel";
  return mustHear ? withSweep(family, nowMs) : family;
}

/** Returns the family with its sweep marked: a child could not be told. */
export function withFailed(family: Family): Family {
  const { sweep } = family;
  return sweep === null ? family : { ...family, sweep: { ...sweep, hasFailed: true } };
}

/** Returns the family with its sweep, if there is one, to be resumed by the alarm at `dueAtMs`. */
export function withDue(family: Family, dueAtMs: number): Family {
  const { sweep } = family;
  return sweep === null ? family : { ...family, sweep: { ...sweep, dueAtMs } };
}

const NEW_SWEEP: Sweep = {
  cursor: "",
  isAsking: false,
  mustRepeat: false,
  hasFailed: false,
  hasWaited: false,
  failures: 0,
  dueAtMs: 0,
};

/**
 * The sweep after a full pass: null if it is done, or else the next pass, for children that could
 * not be reached or are new. `chance` is a random number from 0 to 1.
 */
export function afterPass(sweep: Sweep, nowMs: number, chance: number): Sweep | null {
  const { hasFailed, hasWaited, mustRepeat } = sweep;
  if (!hasFailed && !hasWaited && !mustRepeat) return null;
  const failures = hasFailed ? sweep.failures + 1 : 0;
  const longestMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
  // Half of it is random, so that parents that failed together do not retry together.
  const pauseMs = hasFailed ? longestMs * (0.5 + chance / 2) : DECLARED_WITHIN_MS;
  const dueAtMs = mustRepeat ? nowMs : nowMs + pauseMs;
  return { ...NEW_SWEEP, isAsking: sweep.isAsking, failures, dueAtMs };
}

/**
 * What a parent is told about a child: by the child, or (`check`) by a Worker that found no child
 * of this parent.
 */
export type ChildNews =
  | { readonly type: "report"; readonly report: ChildReport }
  | {
      readonly type: "supersede";
      readonly child: string;
      readonly requestedBy?: string | null | undefined;
    }
  | { readonly type: "check"; readonly child: string }
  | { readonly type: "forgotten"; readonly child: string };
