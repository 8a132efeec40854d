import type { Descendants } from "../../worker-client/protocol-trees.ts";
import { cancellationOf, isEnded, type Task } from "./task.ts";

/** How many settled children are kept. Beyond this, the oldest half is dropped. */
export const MAX_SETTLED_CHILDREN = 1000;

/** The counts of a task and its descendants, or of the descendants alone. */
export type Counts = Descendants;

export const NO_COUNTS: Counts = { total: 0, ended: 0, acknowledged: 0, unconfirmed: 0 };

/** The counts of a single task that has not ended. */
export const ALIVE: Counts = { ...NO_COUNTS, total: 1 };

export function isSame(one: Counts, other: Counts): boolean {
  return (
    one.total === other.total &&
    one.ended === other.ended &&
    one.acknowledged === other.acknowledged &&
    one.unconfirmed === other.unconfirmed
  );
}

/**
 * A child as its parent's object stores it. The row is written before the child exists, and is
 * checked against the child when it is used.
 */
export interface ChildRow {
  readonly id: string;
  /** Milliseconds since 1970. Greater for each later child of the same parent. */
  readonly adoptedAtMs: number;
  /** Whether it keeps running when its parent is cancelled. */
  readonly staysOn: boolean;
  /** Whether it has been told of its cancel. */
  readonly isTold: boolean;
  /**
   * Whether it is in doubt, so must be asked for its state: it has not been heard from since its
   * adoption; or it did not exist or had another parent when it was asked, so it does not count.
   */
  readonly isDoubtful: boolean;
  /** The number of its newest report, or 0 if it has sent none. */
  readonly reportedAt: number;
  readonly hasEnded: boolean;
  /** The counts of the child and its descendants. */
  readonly counts: Counts;
}

/** Storage for the children of one task. */
export interface ChildStore {
  /** Returns null if the task never had a child. */
  loadFamily(): Family | null;
  storeFamily(family: Family): void;
  child(id: string): ChildRow | null;
  store(row: ChildRow): void;
  drop(id: string): void;
  /** Children in doubt or with anything that has not ended, in the order of their ids, after `id`. */
  livingAfter(id: string, limit: number): readonly ChildRow[];
  /** The children adopted last, newest first. */
  newest(limit: number): readonly ChildRow[];
  count(): number;
  /** Drops up to `count` settled children, the oldest first. */
  dropSettled(count: number): void;
}

/** A child's report on itself and its descendants. A newer report has a greater `at`. */
export interface ChildReport {
  readonly id: string;
  readonly at: number;
  readonly hasEnded: boolean;
  /** What it was created with. Null or undefined if an earlier version created or sent it. */
  readonly staysOn?: boolean | null;
  readonly counts: Counts;
}

/** The cancel that children are told of. */
export interface FamilyLatch {
  readonly reason: string | null;
  readonly requestedBy: string | null;
  /** Children adopted later learn of it from their Worker. */
  readonly atMs: number;
}

/** A child that supersedes those adopted before it. */
interface Superseder {
  readonly id: string;
  readonly adoptedAtMs: number;
  /** The subject of the token that declared it. Earlier versions did not store this. */
  readonly requestedBy?: string | null;
}

/**
 * A pass over all children, in the order of their ids. It stays on disk until every child that must
 * hear of something has heard.
 */
export interface Sweep {
  /** The children up to this id have been visited. */
  readonly cursor: string;
  /** Whether every living child is asked for its state. */
  readonly isAsking: boolean;
  /** Whether there is news for children that this pass has already visited. */
  readonly mustRepeat: boolean;
  /** Whether a child could not be reached. */
  readonly hasFailed: boolean;
  /** Whether a child was skipped because it is still being created. */
  readonly hasWaited: boolean;
  /** How many passes in a row did not reach every child. */
  readonly failures: number;
  /** When the alarm resumes the sweep, unless visits are under way. */
  readonly dueAtMs: number;
}

/** What a task's object stores about all its children together, so that nothing has to be counted. */
export interface Family {
  /** How many children have not ended, whatever their descendants do. */
  readonly living: number;
  /** How many children are settled: not in doubt, and ended with all their descendants. */
  readonly settled: number;
  /** How many children are in doubt. */
  readonly doubtful?: number;
  /**
   * When children that are still in doubt are asked. This stays even if all of them report before:
   * a time for each child would mean an alarm for each.
   */
  readonly doubtAtMs?: number | null;
  readonly counts: Counts;
  /** Grows whenever the counts change. */
  readonly version: number;
  readonly lastAdoptedAtMs: number;
  /** When a living child was last adopted again, to within a minute. Undefined if none was. */
  readonly readoptedAtMs?: number;
  readonly latch: FamilyLatch | null;
  readonly superseder: Superseder | null;
  readonly sweep: Sweep | null;
  /** The earliest time at which a parent that is due to be forgotten asks its living children again. */
  readonly askAtMs: number;
}

export const NO_FAMILY: Family = {
  living: 0,
  settled: 0,
  counts: NO_COUNTS,
  version: 0,
  lastAdoptedAtMs: 0,
  latch: null,
  superseder: null,
  sweep: null,
  askAtMs: 0,
};

/** Whether anything that was counted has not ended. */
export function lives({ ended, total }: Counts): boolean {
  return ended < total;
}

/** The task's parent, or null if it has none. */
export function parentOf({ ancestors }: Task): string | null {
  return ancestors[0] ?? null;
}

/** Returns the family with a row replaced: added if `before` is null, dropped if `after` is null. */
export function withRow(family: Family, before: ChildRow | null, after: ChildRow | null): Family {
  const counts = plus(minus(family.counts, before?.counts), after?.counts);
  return {
    ...family,
    living: family.living + livingIn(after) - livingIn(before),
    settled: family.settled + settledIn(after) - settledIn(before),
    doubtful: Math.max(0, (family.doubtful ?? 0) + doubtfulIn(after) - doubtfulIn(before)),
    counts,
    version: isSame(counts, family.counts) ? family.version : family.version + 1,
  };
}

function livingIn(row: ChildRow | null): number {
  return row !== null && !row.hasEnded ? 1 : 0;
}

function settledIn(row: ChildRow | null): number {
  return row !== null && !lives(row.counts) && !row.isDoubtful ? 1 : 0;
}

function doubtfulIn(row: ChildRow | null): number {
  return row?.isDoubtful === true ? 1 : 0;
}

/**
 * The row after the child answered a question, which counts even if it is no news. Null if the
 * child has said something newer since.
 */
export function confirmed(row: ChildRow, report: ChildReport): ChildRow | null {
  const { at, hasEnded, counts } = report;
  if (!row.isDoubtful && at < row.reportedAt) return null;
  // A later request may have adopted it with something else than it was created with.
  const staysOn = report.staysOn ?? row.staysOn;
  return { ...row, isDoubtful: false, reportedAt: at, hasEnded, staysOn, counts };
}

/** The cancel that a task passes on to its children, or null if it was not cancelled. */
export function latchOf(task: Task): FamilyLatch | null {
  const cancellation = cancellationOf(task);
  if (cancellation === null) return null;
  const { reason, requestedBy, requestedAtMs } = cancellation;
  return { reason, requestedBy, atMs: requestedAtMs };
}

/** What a task reports to its parent. */
export function reportOf(id: string, task: Task, family: Family | null): ChildReport {
  const { counts, version } = family ?? NO_FAMILY;
  return {
    id,
    at: task.revision + version,
    hasEnded: isEnded(task),
    staysOn: task.staysOn,
    counts: plus(countsOf(task), counts),
  };
}

/** The counts of the task alone. */
export function countsOf(task: Task): Counts {
  const cancellation = cancellationOf(task);
  const isStopped = task.status === "cancelled" || task.status === "timed_out";
  const isAcknowledged = cancellation !== null && cancellation.acknowledgedAtMs !== null;
  const wasRunning = cancellation !== null && cancellation.gracePeriodSeconds !== null;
  return {
    total: 1,
    ended: isEnded(task) ? 1 : 0,
    acknowledged: isAcknowledged ? 1 : 0,
    unconfirmed: isStopped && wasRunning && !isAcknowledged ? 1 : 0,
  };
}

function plus(one: Counts, other: Counts = NO_COUNTS): Counts {
  return {
    total: one.total + other.total,
    ended: one.ended + other.ended,
    acknowledged: one.acknowledged + other.acknowledged,
    unconfirmed: one.unconfirmed + other.unconfirmed,
  };
}

function minus(one: Counts, other: Counts = NO_COUNTS): Counts {
  return {
    total: one.total - other.total,
    ended: one.ended - other.ended,
    acknowledged: one.acknowledged - other.acknowledged,
    unconfirmed: one.unconfirmed - other.unconfirmed,
  };
}
