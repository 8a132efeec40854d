import type { Problem } from "../protocol.ts";

/** The service understood the request and refused it (4xx): asking again would change nothing. */
export class RequestRefusedError extends Error {
  /** The HTTP status, such as 401, 403 or 409. */
  readonly status: number;
  /** What the service said; null if the answer was not one of its own. */
  readonly problem: Problem | null;

  constructor(status: number, problem: Problem | null) {
    super(problem?.detail ?? `refused with HTTP status ${status}`);
    this.name = "RequestRefusedError";
    this.status = status;
    this.problem = problem;
  }
}
