import type { TaskState } from "../../worker-client/protocol.ts";

/**
 * What a task says of itself. A queue trusts nothing else: its rows are hints, which the task's own word
 * corrects.
 */
export type TaskWord =
  | {
      readonly kind: "waits";
      /** The task's last attempt. */
      readonly attempt: number;
      /** −9 to 9; higher first. */
      readonly priority: number;
      /** When the task can be claimed, or null for now. */
      readonly availableAtMs: number | null;
    }
  | { readonly kind: "runs"; readonly attempt: number; readonly holder: string }
  /** It has ended, is unknown, or is in another queue. */
  | { readonly kind: "gone" };

/** A task's word, with the task's id. */
export interface TaskNews {
  readonly id: string;
  readonly word: TaskWord;
}

const GONE: TaskWord = { kind: "gone" };

/** Returns what a task's state means to a queue. */
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

/** A place in the line, which is ordered by rank, place and id. */
export interface Place {
  readonly id: string;
  /** The negative priority, so that the whole order is ascending. */
  readonly rank: number;
  readonly place: number;
}

/** Keeps the order of tasks that arrive within one millisecond. */
const PLACES_PER_MS = 1000;

/** The place of a task that can be claimed from this time on. */
export function placeAt(atMs: number): number {
  return atMs * PLACES_PER_MS;
}

/** Since when the task at a place can be claimed, in milliseconds since 1970. */
export function sinceMs(place: number): number {
  return Math.floor(place / PLACES_PER_MS);
}

/** Whether one place comes before another. */
export function isBefore(one: Place, other: Place): boolean {
  if (one.rank !== other.rank) return one.rank < other.rank;
  return one.place !== other.place ? one.place < other.place : one.id < other.id;
}

/**
 * A task that runs, as the queue knows it. A slot is a lease on one of `maxRunning`: the queue asks the
 * task again, and frees the slot if it no longer runs, so that a lost message never holds one forever.
 */
export interface Slot {
  readonly id: string;
  readonly attempt: number;
  readonly holder: string;
  readonly checkAtMs: number;
  /** How long after the previous check. */
  readonly checkAfterSeconds: number;
}

const FIRST_CHECK_SECONDS = 60;
const LONGEST_CHECK_SECONDS = 3600;

/** The slot of a run that has just begun. */
export function newSlot(run: Pick<Slot, "id" | "attempt" | "holder">, nowMs: number): Slot {
  return checkedAfter(run, FIRST_CHECK_SECONDS, nowMs);
}

/** The slot of a run that has been checked, with twice as long to the next check. */
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
