import { withEntry } from "../durable/outbox.ts";
import { isEnded, type Task } from "./task.ts";

/** What another object must learn of a task. It is sent until it has been taken. */
export type Effect =
  /** The task waits in this queue, and can be claimed from a time on (null: now). */
  | {
      readonly type: "queue.add";
      readonly queue: string;
      /** The last one that it had: what is said of a later one is newer. */
      readonly attempt: number;
      readonly priority: number;
      readonly availableAtMs: number | null;
    }
  /** The task neither waits in this queue nor runs from there. */
  | { readonly type: "queue.leave"; readonly queue: string };

/**
 * What others must learn of a change. A task that is declared causes nothing here: the Worker that
 * declares it puts it into its queue.
 */
export function effectsOf(before: Task | null, after: Task): readonly Effect[] {
  if (before === null || before.status === after.status) return [];
  if (after.status === "pending") return inQueue(after);
  if (after.queued !== null && isEnded(after)) {
    return [{ type: "queue.leave", queue: after.queued.name }];
  }
  return [];
}

/** A pending task has its place in its queue, if it has one. */
export function inQueue({ queued, attempt, availableAtMs }: Task): readonly Effect[] {
  if (queued === null) return [];
  const { name: queue, priority } = queued;
  return [{ type: "queue.add", queue, attempt, priority, availableAtMs }];
}

/** The task with these effects in its outbox. One that is still there of the same key is outdated. */
export function withEffects<Known extends Task>(task: Known, effects: readonly Effect[]): Known {
  if (effects.length === 0) return task;
  const outbox = effects.reduce(
    (entries, effect) => withEntry(entries, { key: keyOf(effect), serial: task.revision, effect }),
    task.outbox,
  );
  return { ...task, outbox };
}

function keyOf(effect: Effect): string {
  switch (effect.type) {
    case "queue.add":
    case "queue.leave":
      return "queue";
  }
}
