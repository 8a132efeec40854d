import type { Task } from "./task.ts";

/**
 * Notes on the receipt that the cancel was handed to a live watcher, the first time only.
 * A note is no change: the revision stays. Where there is nothing to note, the same task comes back.
 */
export function withDelivery(task: Task, nowMs: number): Task {
  if (!("cancellation" in task) || task.cancellation === null) return task;
  if (task.cancellation.deliveredAtMs !== null) return task;
  return { ...task, cancellation: { ...task.cancellation, deliveredAtMs: nowMs } };
}
