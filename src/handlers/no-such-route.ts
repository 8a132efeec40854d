import { ProblemError } from "../http/problem-error.ts";
import { show } from "../http/show.ts";

/** Answers every path that is not served. */
export function noSuchRoute(request: Request): never {
  const { pathname } = new URL(request.url);
  throw new ProblemError(
    "no-such-route",
    `${show(pathname)} is not served: tasks live at /v1/tasks/:id.`,
  );
}
