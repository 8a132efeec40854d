import { ProblemError } from "../http/problem-error.ts";

/** Answers every method that a route does not have. */
export function notAllowed(allow: string): (request: Request) => never {
  return (request) => {
    throw new ProblemError(
      "method-not-allowed",
      `${request.method} ${new URL(request.url).pathname} is not served: use ${allow}.`,
      { headers: { Allow: allow } },
    );
  };
}
