import { ProblemError } from "./problem-error.ts";

/**
 * The answer to whatever a handler throws. What nobody foresaw goes to the log, whole, and to the
 * client without a word of it.
 */
export function failure(error: unknown, request: Request): Response {
  // The client has left: nothing failed, and nobody reads the answer.
  if (request.signal.aborted && error === request.signal.reason) {
    return new Response(null, { status: 499 });
  }
  return asProblem(error).toResponse();
}

function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof Error && "overloaded" in error && error.overloaded === true) {
    return new ProblemError("overloaded", "The task has too many requests at once: try again.", {
      headers: { "Retry-After": "1" },
    });
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(JSON.stringify({ event: "request_failed", error: text }));
  return new ProblemError("internal", "It is not your request's fault: try again.", {
    headers: { "Retry-After": "1" },
  });
}
