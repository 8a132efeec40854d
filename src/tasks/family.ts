import type { Descendants } from "../../worker-client/protocol-trees.ts";
import { cancellationOf, isEnded, type Task } from "./task.ts";

/** Children that have ended are listed until there are so many of them; then half of them are dropped. */
export const MAX_SETTLED_CHILDREN = 1000;

/** A task and all that is below it, or only what is below. */
export type Counts = Descendants;

export const NO_COUNTS: Counts = { total: 0, ended: 0, acknowledged: 0, unconfirmed: 0 };

/** A task that has not ended, alone. */
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
 * A child as its parent's object keeps it. It is made before the child is, and checked with the child
 * when it is used.
 */
export interface ChildRow {
  readonly id: string;
  /** Milliseconds since 1970; of two children of one parent, the later one has the greater. */
  readonly adoptedAtMs: number;
  /** It goes on when its parent is cancelled. */
  readonly staysOn: boolean;
  /** It has heard that it is cancelled. */
  readonly isTold: boolean;
  /**
   * How it is has to be asked: since it was adopted it has not said; or it did not exist or had another
   * parent when it was asked, so it does not count.
   */
  readonly isDoubtful: boolean;
  /** The number of its newest report; 0: it has sent none. */
  readonly reportedAt: number;
  readonly hasEnded: boolean;
  /** The child and what is below it. */
  readonly counts: Counts;
}

/** The children of one task, as its object keeps them. */
export interface ChildStore {
  /** Null: it never had a child. */
  loadFamily(): Family | null;
  storeFamily(family: Family): void;
  child(id: string): ChildRow | null;
  store(row: ChildRow): void;
  drop(id: string): void;
  /** Children with something that lives, or that are doubtful, in the order of their ids, from after an id on. */
  livingAfter(id: string, limit: number): readonly ChildRow[];
  /** The ones adopted last. */
  newest(limit: number): readonly ChildRow[];
  count(): number;
  /** Drops so many of those with nothing that lives and no doubt, the oldest first. */
  dropSettled(count: number): void;
}

/** What a child says of itself and of what is below it. A newer report has a greater number. */
export interface ChildReport {
  readonly id: string;
  readonly at: number;
  readonly hasEnded: boolean;
  readonly counts: Counts;
}

/** The cancel that children are told of. */
export interface FamilyLatch {
  readonly reason: string | null;
  readonly requestedBy: string | null;
  /** Children that were adopted later know of it from their Worker. */
  readonly atMs: number;
}

/** A child that supersedes those that were adopted earlier. */
export interface Superseder {
  readonly id: string;
  readonly adoptedAtMs: number;
  /** Whose token declared it. An earlier version did not say. */
  readonly requestedBy?: string | null;
}

/**
 * The way through all children, in the order of their ids: it stands on disk until all that have to
 * hear of something have heard.
 */
export interface Sweep {
  /** The children up to this id have been visited. */
  readonly cursor: string;
  /** Whether every living child is asked how it is. */
  readonly isAsking: boolean;
  /** There is something new for children that have been passed already. */
  readonly mustRepeat: boolean;
  /** A child could not be reached. */
  readonly hasFailed: boolean;
  /** A child that is only just being declared was left out. */
  readonly hasWaited: boolean;
  /** How many times the whole way was gone without reaching all. */
  readonly failures: number;
  /** When the sweep goes on, should nothing be under way. */
  readonly dueAtMs: number;
}

/** What a task's object keeps of all its children together, so that nothing has to be counted. */
export interface Family {
  /** Children that have not ended themselves, whatever is below them. */
  readonly living: number;
  /** Children in the table with nothing that lives below them, and that are not doubtful. */
  readonly settled: number;
  /** Children in the table that are doubtful. */
  readonly doubtful?: number;
  /**
   * When those that are doubtful then are asked. It stays even if all have been heard before: a time of
   * its own for each child would be an alarm for each.
   */
  readonly doubtAtMs?: number | null;
  readonly counts: Counts;
  /** Grows whenever the counts change. */
  readonly version: number;
  readonly lastAdoptedAtMs: number;
  /** When a child that lived was last adopted again, to within a minute; undefined: none was. */
  readonly readoptedAtMs?: number;
  readonly latch: FamilyLatch | null;
  readonly superseder: Superseder | null;
  readonly sweep: Sweep | null;
  /** A parent whose time is over asks what became of its living children, not earlier than this. */
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

/** Whether a task, a child or anything below has not ended. */
export function lives({ ended, total }: Counts): boolean {
  return ended < total;
}

/** The parent that a task was made with; null: it has none. */
export function parentOf({ ancestors }: Task): string | null {
  return ancestors[0] ?? null;
}

/** The family once a child's row has become another one, or has been dropped (null). */
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
 * The row after the child was asked, and has answered: that counts also if it is no news. Null: it has
 * said something newer since.
 */
export function confirmed(row: ChildRow, { at, hasEnded, counts }: ChildReport): ChildRow | null {
  if (!row.isDoubtful && at < row.reportedAt) return null;
  return { ...row, isDoubtful: false, reportedAt: at, hasEnded, counts };
}

/** The cancel that a task hands on to its children; null: it was not cancelled. */
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
    counts: plus(countsOf(task), counts),
  };
}

/** The task alone, in figures. */
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
