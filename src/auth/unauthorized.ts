import { ProblemError } from "../http/problem-error.ts";

const CHALLENGE = 'Bearer realm="edge-canceler"';

interface Options {
  /** Whether the request had a token, that is not accepted. */
  readonly isRefused: boolean;
  readonly cause?: unknown;
}

/** 401, with the challenge of RFC 6750: the request has no token, or none that is accepted. */
export function unauthorized(detail: string, { isRefused, cause }: Options): ProblemError {
  return new ProblemError("unauthorized", detail, {
    cause,
    headers: { "WWW-Authenticate": isRefused ? `${CHALLENGE}, error="invalid_token"` : CHALLENGE },
  });
}
