import type { TaskState } from "../../worker-client/protocol.ts";
import { ProblemError } from "../http/problem.ts";
import type { Refusal } from "../tasks/events.ts";

/** The task is unknown, or the caller's token does not cover it. */
export function unknownProblem(
  id: string,
  headers: Readonly<Record<string, string>> = {},
): ProblemError {
  return new ProblemError(
    "task-unknown",
    `No task ${id} is known, or the token does not name it: declare it with PUT /v1/tasks/${id}, start it with POST /v1/tasks/${id}/start, or wait for it with GET /v1/tasks/${id}?wait=30.`,
    { headers },
  );
}

/** The caller has a revision of a task that is no longer known. */
export function goneProblem(id: string): ProblemError {
  return new ProblemError(
    "task-gone",
    `Task ${id} has ended and was forgotten: stop the work for it.`,
  );
}

/** The task's state does not allow the command. */
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
    case "parent":
      return new ProblemError(
        "task-alive",
        `Task ${id} has children that have not ended: it can be forgotten once they have. Cancel it to end them.`,
        { task },
      );
    case "unsent":
      return new ProblemError(
        "overloaded",
        `Task ${id} has ended, but not everyone who must hear of it has been reached yet: try again.`,
        { headers: { "Retry-After": "1" } },
      );
    case "outdated":
      return new ProblemError(
        "overloaded",
        `Task ${id} was forgotten while this request was creating it: try again.`,
        { headers: { "Retry-After": "1" } },
      );
    case "not_pending":
      return new ProblemError("task-held", `Task ${id} is not waiting in this queue.`, { task });
    case "not_failed":
      return new ProblemError(
        "task-not-failed",
        `Task ${id} is ${task?.status}: only a task that has failed can be tried again.`,
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
    case "held":
      return heldProblem(id, task);
    case "closed":
      return new ProblemError("task-ended", whyClosed(id, task), { task });
    case "fenced":
      return new ProblemError("stale-attempt", whySpent(id, task), { task });
    case "ended":
      return new ProblemError(
        "task-ended",
        `Task ${id} has ended (${task?.status}), as this attempt has reported: another report does not count.`,
        { task },
      );
    case "stale_attempt":
      return new ProblemError("stale-attempt", whyStale(id, task), { task });
  }
}

/** The holder had an attempt before, and that is over. */
function whySpent(id: string, task: TaskState | null): string {
  const outcome = task?.status === "pending" ? task.attempts.at(-1)?.outcome : null;
  return outcome
    ? `The last run of task ${id} is over (${outcome}), and so is this holder's: to run the task again, start it with another holder.`
    : `Another holder has taken over task ${id} (attempt ${task?.attempt}): stop this run. A new run needs a holder of its own.`;
}

function whyStale(id: string, task: TaskState | null): string {
  const outcome = task?.status === "pending" ? task.attempts.at(-1)?.outcome : null;
  return outcome
    ? `Nobody runs task ${id} now: its last run is over (attempt ${task?.attempt}, ${outcome}). Stop yours, if it is a different one or still running.`
    : `Another run of task ${id} counts now (attempt ${task?.attempt}): stop yours. Its outcome does not count.`;
}

/** Another run holds a lease, or it is too early for the next attempt. Says when to try again. */
function heldProblem(id: string, task: TaskState | null): ProblemError {
  const at = task?.lease?.endsAt ?? task?.availableAt ?? null;
  const seconds = at === null ? 1 : Math.max(1, Math.ceil((Date.parse(at) - Date.now()) / 1000));
  const why = task?.lease
    ? `Another run of task ${id} (attempt ${task.attempt}) holds a lease of ${task.lease.seconds} s`
    : `Task ${id} cannot be started again before ${at}`;
  return new ProblemError(
    "task-held",
    `${why}: try again in ${seconds} s, or start it with "takeOver": true.`,
    { task, headers: { "Retry-After": String(seconds) } },
  );
}

function whyClosed(id: string, task: TaskState | null): string {
  if (task?.status === "failed" && task.cancellation === null) {
    return `This run of task ${id} has failed: to run the task again, start it with another holder.`;
  }
  const how = task?.status === "failed" ? "failed, and was cancelled" : task?.status;
  return `Task ${id} has ended (${how}) and does not run again: use a new id, or forget it first with DELETE /v1/tasks/${id}.`;
}
