import type { TaskState } from "../index.ts";
import { EXIT_CODE } from "./failure.ts";

/** What a cancel has led to. */
type Outcome =
  /** The worker still has to stop. */
  | "stopping"
  /** The worker has confirmed that it stopped. */
  | "acknowledged"
  /** The grace period ended without a confirmation that the work stopped: it may still be running. */
  | "unacknowledged"
  /** The worker has reported an end other than `cancelled`, or the task had ended before. */
  | "finished"
  /** Nobody ran the task when it was cancelled. */
  | "not-running";

/** Returns what the cancel of a task has led to. */
export function outcomeOf({ status, endedAt, cancellation }: TaskState): Outcome {
  if (endedAt === null) return "stopping";
  if (cancellation === null || status === "succeeded" || status === "failed") return "finished";
  if (cancellation.acknowledgedAt !== null) return "acknowledged";
  return cancellation.graceEndsAt === null ? "not-running" : "unacknowledged";
}

/** Whether a task has ended, and with `tree` everything below it. */
export function hasEnded({ endedAt, descendants }: TaskState, tree: boolean): boolean {
  if (endedAt === null) return false;
  return !tree || descendants === null || descendants.ended >= descendants.total;
}

/** The exit code of a `cancel` that waited for a task to end, and with `tree` for everything below it. */
export function exitCodeOfWait(task: TaskState, tree = false): number {
  if (!hasEnded(task, tree)) return EXIT_CODE.no;
  if (tree && (task.descendants?.unconfirmed ?? 0) > 0) return EXIT_CODE.unacknowledged;
  switch (outcomeOf(task)) {
    case "acknowledged":
    case "finished":
    case "not-running":
      return 0;
    case "unacknowledged":
      return EXIT_CODE.unacknowledged;
    case "stopping":
      return EXIT_CODE.no;
  }
}

/** Whether a cancel was recorded for an id that nobody had declared or started: it may be mistyped. */
export function isOfUnknownTask({ attempt, createdAt, cancellation }: TaskState): boolean {
  // The cancel itself created the task.
  return attempt === 0 && cancellation?.requestedAt === createdAt;
}

/** When the grace period began to count, in milliseconds since 1970; null if there is none. */
function graceFromMs({ cancellation }: TaskState): number | null {
  if (!cancellation?.graceEndsAt || cancellation.gracePeriodSeconds === null) return null;
  return Date.parse(cancellation.graceEndsAt) - cancellation.gracePeriodSeconds * 1000;
}

/** Whether a later cancel has shortened the grace period: it then counts from that cancel. */
export function wasShortened(task: TaskState): boolean {
  const fromMs = graceFromMs(task);
  const { requestedAt, deliveredAt } = task.cancellation ?? {};
  return (
    fromMs !== null && [requestedAt, deliveredAt].every((at) => !at || Date.parse(at) !== fromMs)
  );
}
