import { cancellationOf } from "../lifecycle/cancellation-of.ts";
import { isEnded } from "../lifecycle/is-ended.ts";
import type { Task } from "../lifecycle/task.ts";
import type { Watch } from "./watch.ts";

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
