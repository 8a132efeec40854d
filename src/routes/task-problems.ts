import type { TaskState } from "../../worker-client/protocol.ts";
import { ProblemError } from "../http/problem.ts";
import type { Refusal } from "../tasks/events.ts";

/** For who asks about a task that nobody knows, or that their token does not cover. */
export function unknownProblem(
  id: string,
  headers: Readonly<Record<string, string>> = {},
): ProblemError {
  return new ProblemError(
    "task-unknown",
    `No task ${id} is known, or the token does not name it: declare it with PUT /v1/tasks/${id}, start it with POST /v1/tasks/${id}/start, or wait for it with ?wait=30.`,
    { headers },
  );
}

/** For who has a revision of a task that is no longer known. */
export function goneProblem(id: string): ProblemError {
  return new ProblemError(
    "task-gone",
    `Task ${id} has ended and was forgotten: stop what you do for it.`,
  );
}

/** What a client is told when the task's state does not allow its command. */
export function refusalProblem(id: string, refusal: Refusal, task: TaskState | null): ProblemError {
  switch (refusal) {
    case "unknown":
      return unknownProblem(id);
    case "alive":
      return new ProblemError(
        "task-alive",
        `Task ${id} is ${task?.status}: only an ended task can be forgotten. Cancel it first.`,
        { task },
      );
    case "not_started":
      return new ProblemError(
        "task-not-started",
        `Task ${id} is pending: start it with POST /v1/tasks/${id}/start before you finish it.`,
        { task },
      );
    case "not_cancelled":
      return new ProblemError(
        "task-not-cancelled",
        `Nobody has cancelled task ${id}: finish it as "succeeded" or "failed".`,
        { task },
      );
    case "cancelling":
      return new ProblemError(
        "task-cancelling",
        `Task ${id} is being cancelled: do not run it again.`,
        { task },
      );
    case "ended":
      return new ProblemError(
        "task-ended",
        `Task ${id} has ended (${task?.status}), and ended is ended: use a new id to run it again.`,
        { task },
      );
    case "stale_attempt":
      return new ProblemError(
        "stale-attempt",
        `Another run of task ${id} counts now (attempt ${task?.attempt}): stop yours, its outcome does not count.`,
        { task },
      );
  }
}
