import type { TaskState } from "../../worker-client/protocol.ts";

/**
 * What a task says of itself. A queue believes nothing else: its rows are hints that a task's own
 * word makes, moves or removes.
 */
export type TaskWord =
  | {
      readonly kind: "waits";
      /** The last attempt that it had. */
      readonly attempt: number;
      /** −9 to 9; higher first. */
      readonly priority: number;
      /** It cannot be claimed before; null: now. */
      readonly availableAtMs: number | null;
    }
  | { readonly kind: "runs"; readonly attempt: number; readonly holder: string }
  /** It has ended, is unknown, or is in another queue. */
  | { readonly kind: "gone" };

/** A task's word, and whose it is. */
export interface TaskNews {
  readonly id: string;
  readonly word: TaskWord;
}

const GONE: TaskWord = { kind: "gone" };

/** Returns what a task's state says to a queue. */
export function wordOf(task: TaskState | null, queue: string): TaskWord {
  if (task === null || task.queue !== queue) return GONE;
  const { attempt } = task;
  switch (task.status) {
    case "pending": {
      const availableAtMs = task.availableAt === null ? null : Date.parse(task.availableAt);
      return { kind: "waits", attempt, priority: task.priority, availableAtMs };
    }
    case "running":
    case "cancelling":
      return { kind: "runs", attempt, holder: task.attempts.at(-1)?.holder ?? "" };
    case "succeeded":
    case "failed":
    case "cancelled":
    case "timed_out":
      return GONE;
  }
}

/** The settings of a queue, as they are stored. */
export interface StoredSettings {
  readonly paused: boolean;
  readonly accepting: boolean;
  readonly maxRunning: number | null;
}

export const DEFAULT_SETTINGS: StoredSettings = {
  paused: false,
  accepting: true,
  maxRunning: null,
};

/** A place in the line. The order is that of rank, place and id. */
export interface Place {
  readonly id: string;
  /** The negative priority, so that all of the order goes up. */
  readonly rank: number;
  readonly place: number;
}

/** Tasks that come within one millisecond keep their order. */
const PLACES_PER_MS = 1000;

/** The place of a task that can be claimed from a time on. */
export function placeAt(atMs: number): number {
  return atMs * PLACES_PER_MS;
}

/** From when on the task at a place could be claimed, in milliseconds since 1970. */
export function sinceMs(place: number): number {
  return Math.floor(place / PLACES_PER_MS);
}

/** Whether one place comes before another. */
export function isBefore(one: Place, other: Place): boolean {
  if (one.rank !== other.rank) return one.rank < other.rank;
  return one.place !== other.place ? one.place < other.place : one.id < other.id;
}

/**
 * A task that runs, as the queue knows it. It is a lease on one of `maxRunning`: the queue asks the
 * task again, and frees the slot if it does not run any more, so that no lost word holds one for ever.
 */
export interface Slot {
  readonly id: string;
  readonly attempt: number;
  readonly holder: string;
  readonly checkAtMs: number;
  /** How long after the check before. */
  readonly checkAfterSeconds: number;
}

const FIRST_CHECK_SECONDS = 60;
const LONGEST_CHECK_SECONDS = 3600;

/** The slot of a run that has just begun. */
export function newSlot(run: Pick<Slot, "id" | "attempt" | "holder">, nowMs: number): Slot {
  return checkedAfter(run, FIRST_CHECK_SECONDS, nowMs);
}

/** The slot of a run that goes on: it is asked for half as often. */
export function checkedSlot(slot: Slot, nowMs: number): Slot {
  const seconds = Math.min(LONGEST_CHECK_SECONDS, slot.checkAfterSeconds * 2);
  return checkedAfter(slot, seconds, nowMs);
}

function checkedAfter(
  { id, attempt, holder }: Pick<Slot, "id" | "attempt" | "holder">,
  checkAfterSeconds: number,
  nowMs: number,
): Slot {
  return { id, attempt, holder, checkAtMs: nowMs + checkAfterSeconds * 1000, checkAfterSeconds };
}
