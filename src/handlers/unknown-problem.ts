import { ProblemError } from "../http/problem-error.ts";

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
