import { ProblemError } from "../http/problem-error.ts";

/** For who has a revision of a task that is no longer known. */
export function goneProblem(id: string): ProblemError {
  return new ProblemError(
    "task-gone",
    `Task ${id} has ended and was forgotten: stop what you do for it.`,
  );
}
