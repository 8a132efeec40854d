import { cancellationOf, isEnded, type Task } from "./task.ts";

/** A stream learns of every change; it stays until the task has ended. */
interface StreamWatch {
  readonly kind: "stream";
  /** When the token expires that it was opened with: no watch outlives it. Null: never. */
  readonly expiresAtMs: number | null;
  /** The revision that the caller already has; null: none. */
  readonly revision: number | null;
}

/** A poll is answered once, when what it waits for is so; the Worker closes it when its wait is over. */
export interface PollWatch {
  readonly kind: "poll";
  /**
   * `change`: the revision differs. `cancellation`: one is on record.
   * `end`: the task has ended; that is the canceller waiting, who counts as no watcher.
   */
  readonly until: "change" | "cancellation" | "end";
  /** The revision that the caller already has; null: none. */
  readonly revision: number | null;
}

/** What a watcher waits for. It travels to the task object, and stays attached to the socket. */
export type Watch = StreamWatch | PollWatch;

/**
 * Whether a watch can be answered at once and for good, so that it needs no socket.
 * An unknown task has revision 0.
 */
export function isAnswered(watch: Watch, task: Task | null): boolean {
  // Who has a revision of a task that is no longer known must hear that it is gone.
  if (watch.kind === "stream") return task === null && (watch.revision ?? 0) > 0;
  switch (watch.until) {
    case "change":
      if (watch.revision === null) return task !== null && isOver(task);
      return watch.revision !== (task?.revision ?? 0);
    case "cancellation":
      return task !== null && cancellationOf(task) !== null;
    case "end":
      return task === null || isEnded(task);
  }
}

/** Who names no revision is told at once of a task that is being stopped or has ended. */
function isOver(task: Task): boolean {
  return task.status === "cancelling" || isEnded(task);
}
