import type { TaskState } from "../index.ts";
import { cancellationLine } from "./cancellation-line.ts";
import { oneLine } from "./one-line.ts";

/** A task in one line, for people. */
export function statusLine(task: TaskState): string {
  const { id, status, attempt, cancellation, startedAt, deadlineAt, endedAt } = task;
  const parts = [
    id,
    status,
    attempt > 0 && `attempt ${attempt}`,
    startedAt && `started ${startedAt}`,
    deadlineAt && !endedAt && `deadline ${deadlineAt}`,
    endedAt && `ended ${endedAt}`,
    cancellation && cancellationLine(cancellation),
  ];
  return oneLine(parts.filter(Boolean).join("  "));
}
