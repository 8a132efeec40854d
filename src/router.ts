import { Router } from "itty-router";
import { authenticate } from "./auth/authenticate.ts";
import type { ServiceRequest } from "./auth/service-request.ts";
import type { Env } from "./env.ts";
import { aboutTask } from "./handlers/about-task.ts";
import { cancelTask } from "./handlers/cancel-task.ts";
import { declareTask } from "./handlers/declare-task.ts";
import { finishTask } from "./handlers/finish-task.ts";
import { forgetTask } from "./handlers/forget-task.ts";
import { logRequest } from "./handlers/log-request.ts";
import { noSuchRoute } from "./handlers/no-such-route.ts";
import { notAllowed } from "./handlers/not-allowed.ts";
import { noteArrival } from "./handlers/note-arrival.ts";
import { ping } from "./handlers/ping.ts";
import { plainCancel } from "./handlers/plain-cancel.ts";
import { plainWatch } from "./handlers/plain-watch.ts";
import { readTask } from "./handlers/read-task.ts";
import { startTask } from "./handlers/start-task.ts";
import { crossOrigin } from "./http/cross-origin.ts";
import { failure } from "./http/failure.ts";
import { sealResponse } from "./http/seal-response.ts";

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
