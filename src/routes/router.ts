import { Router } from "itty-router";
import { authenticate, type ServiceRequest } from "../auth/authenticate.ts";
import type { Env } from "../env.ts";
import { crossOrigin } from "../http/cors.ts";
import { failure, ProblemError } from "../http/problem.ts";
import { show } from "../http/request.ts";
import { sealResponse } from "../http/response.ts";
import { cancelTask, plainCancel } from "./cancel.ts";
import { logRequest, noteArrival } from "./log.ts";
import { plainWatch, readTask } from "./read.ts";
import { aboutTask } from "./task-route.ts";
import { declareTask, finishTask, forgetTask, startTask } from "./tasks.ts";

/** Every URL of the service. */
export const router = Router<ServiceRequest, [Env], Response>({
  catch: failure,
  before: [noteArrival],
  finally: [crossOrigin.allow, sealResponse, logRequest],
});

router
  .options("*", crossOrigin.preflight)

  .get("/ping", ping)
  .head("/ping", ping)
  .all("/ping", notAllowed("GET, HEAD"))

  // Nothing below is reached without a caller who is known.
  .all("*", authenticate)

  .put("/v1/tasks/:id", aboutTask("declare", declareTask))
  .get("/v1/tasks/:id", aboutTask("watch", readTask))
  .head("/v1/tasks/:id", aboutTask("watch", readTask))
  .delete("/v1/tasks/:id", aboutTask("declare", forgetTask))
  .all("/v1/tasks/:id", notAllowed("GET, HEAD, PUT, DELETE"))

  .post("/v1/tasks/:id/start", aboutTask("work", startTask))
  .all("/v1/tasks/:id/start", notAllowed("POST"))

  .post("/v1/tasks/:id/cancel", aboutTask("cancel", cancelTask))
  .all("/v1/tasks/:id/cancel", notAllowed("POST"))

  .post("/v1/tasks/:id/finish", aboutTask("work", finishTask))
  .all("/v1/tasks/:id/finish", notAllowed("POST"))

  // In plain text, for a loop of curl. The cancel has no HEAD: who only looks must not cancel.
  .get("/cancel-task/:id", aboutTask("cancel", plainCancel))
  .post("/cancel-task/:id", aboutTask("cancel", plainCancel))
  .all("/cancel-task/:id", notAllowed("GET, POST"))
  .get("/watch-task/:id", aboutTask("watch", plainWatch))
  .head("/watch-task/:id", aboutTask("watch", plainWatch))
  .all("/watch-task/:id", notAllowed("GET, HEAD"))

  .all("*", noSuchRoute);

/** Is it up? */
function ping(): Response {
  return Response.json({ message: "pong" });
}

/** Answers every method that a route does not have. */
function notAllowed(allow: string): (request: Request) => never {
  return (request) => {
    throw new ProblemError(
      "method-not-allowed",
      `${request.method} ${new URL(request.url).pathname} is not served: use ${allow}.`,
      { headers: { Allow: allow } },
    );
  };
}

/** Answers every path that is not served. */
function noSuchRoute(request: Request): never {
  const { pathname } = new URL(request.url);
  throw new ProblemError(
    "no-such-route",
    `${show(pathname)} is not served: tasks live at /v1/tasks/:id.`,
  );
}
