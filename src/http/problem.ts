import type { TaskState } from "../../worker-client/protocol.ts";
import type { Problem, ProblemKind } from "../../worker-client/protocol-problems.ts";
import { logLine } from "../log-line.ts";
import { about } from "./response.ts";

const STATUS: { readonly [kind in ProblemKind]: number } = {
  "bad-request": 400,
  unauthorized: 401,
  forbidden: 403,
  misdirected: 421,
  "body-too-large": 413,
  "body-too-slow": 408,
  "no-such-route": 404,
  "method-not-allowed": 405,
  "directory-off": 404,
  "cancellation-unknown": 404,
  "task-unknown": 404,
  "task-gone": 410,
  "task-ended": 409,
  "task-cancelling": 409,
  "task-alive": 409,
  "task-not-started": 409,
  "task-not-cancelled": 409,
  "task-not-failed": 409,
  "stale-attempt": 409,
  "task-held": 409,
  "queue-closed": 409,
  "webhook-unknown": 404,
  "delivery-unknown": 404,
  "webhook-disabled": 409,
  "webhooks-off": 409,
  "too-many-webhooks": 409,
  cycle: 409,
  "too-many-children": 409,
  "too-many-requests": 429,
  "too-many-watchers": 503,
  closed: 503,
  "keys-unreachable": 503,
  overloaded: 503,
  internal: 500,
};

const TITLE: { readonly [kind in ProblemKind]: string } = {
  "bad-request": "The request is invalid",
  unauthorized: "A valid token is required",
  forbidden: "The token does not allow it",
  misdirected: "The service does not answer to this name",
  "body-too-large": "The body is too large",
  "body-too-slow": "The body arrives too slowly",
  "no-such-route": "There is no such route",
  "method-not-allowed": "The route does not support this method",
  "directory-off": "The service keeps no directory",
  "cancellation-unknown": "The bulk cancel is not known",
  "task-unknown": "The task is not known",
  "task-gone": "The task is no longer known",
  "task-ended": "The task has ended",
  "task-cancelling": "The task is being cancelled",
  "task-alive": "The task has not ended",
  "task-not-started": "The task has not been started",
  "task-not-cancelled": "Nobody has cancelled the task",
  "task-not-failed": "The task has not failed",
  "stale-attempt": "Another attempt is running the task",
  "task-held": "The task cannot be started now",
  "queue-closed": "The queue takes no new tasks",
  "webhook-unknown": "The webhook is not known",
  "delivery-unknown": "The delivery is not known",
  "webhook-disabled": "The webhook is turned off",
  "webhooks-off": "The service sends no webhooks",
  "too-many-webhooks": "There are too many webhooks",
  cycle: "The task would be its own ancestor",
  "too-many-children": "The task has too many children",
  "too-many-requests": "Too many requests with this token",
  "too-many-watchers": "There are too many watchers",
  closed: "The service is closed",
  "keys-unreachable": "The keys of the tokens' issuer cannot be fetched",
  overloaded: "The service is busy",
  internal: "The service failed",
};

interface ProblemOptions {
  readonly task?: TaskState | null;
  readonly headers?: HeadersInit;
  readonly cause?: unknown;
}

/** Ends a request with a problem (RFC 9457). Its `detail` says what was wrong and what would be right. */
export class ProblemError extends Error {
  readonly kind: ProblemKind;
  readonly #task: TaskState | null;
  readonly #headers: HeadersInit;

  constructor(kind: ProblemKind, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = "ProblemError";
    this.kind = kind;
    this.#task = options.task ?? null;
    this.#headers = options.headers ?? {};
  }

  toProblem(): Problem {
    return {
      type: `urn:edge-canceler:problem:${this.kind}`,
      title: TITLE[this.kind],
      status: STATUS[this.kind],
      detail: this.message,
      ...(this.#task && { task: this.#task }),
    };
  }

  toResponse(): Response {
    const problem = this.toProblem();
    const headers = new Headers(this.#headers);
    headers.set("Content-Type", "application/problem+json");
    const { status } = problem;
    const response = new Response(`${JSON.stringify(problem)}\n`, { status, headers });
    return this.#task === null ? response : about(this.#task, response);
  }
}

/**
 * Turns whatever a handler throws into a response. An unexpected error is logged in full, and the client
 * learns nothing of it.
 */
export function failure(error: unknown, request: Request): Response {
  // The client is gone: nothing failed, and no one will read the response.
  if (request.signal.aborted && error === request.signal.reason) {
    return new Response(null, { status: 499 });
  }
  return asProblem(error).toResponse();
}

/** Returns an error as the problem that a client gets. Logs an unexpected one in full. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof Error && "overloaded" in error && error.overloaded === true) {
    return new ProblemError("overloaded", "Too many requests at once: try again.", {
      headers: { "Retry-After": "1" },
    });
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(logLine("request_failed", { error: text }));
  return new ProblemError("internal", "The service failed; your request was fine. Try again.", {
    headers: { "Retry-After": "1" },
  });
}
