import { type IRequestStrict, Router } from "itty-router";
import type { Env } from "./env.ts";
import { aboutTask } from "./handlers/about-task.ts";
import { cancelTask } from "./handlers/cancel-task.ts";
import { declareTask } from "./handlers/declare-task.ts";
import { finishTask } from "./handlers/finish-task.ts";
import { forgetTask } from "./handlers/forget-task.ts";
import { noSuchRoute } from "./handlers/no-such-route.ts";
import { notAllowed } from "./handlers/not-allowed.ts";
import { ping } from "./handlers/ping.ts";
import { plainCancel } from "./handlers/plain-cancel.ts";
import { plainWatch } from "./handlers/plain-watch.ts";
import { readTask } from "./handlers/read-task.ts";
import { startTask } from "./handlers/start-task.ts";
import { failure } from "./http/failure.ts";
import { sealResponse } from "./http/seal-response.ts";

/** Every URL of the service. */
export const router = Router<IRequestStrict, [Env], Response>({
  catch: failure,
  finally: [sealResponse],
});

router
  .get("/ping", ping)
  .head("/ping", ping)
  .all("/ping", notAllowed("GET, HEAD"))

  .put("/v1/tasks/:id", aboutTask(declareTask))
  .get("/v1/tasks/:id", aboutTask(readTask))
  .head("/v1/tasks/:id", aboutTask(readTask))
  .delete("/v1/tasks/:id", aboutTask(forgetTask))
  .all("/v1/tasks/:id", notAllowed("GET, HEAD, PUT, DELETE"))

  .post("/v1/tasks/:id/start", aboutTask(startTask))
  .all("/v1/tasks/:id/start", notAllowed("POST"))

  .post("/v1/tasks/:id/cancel", aboutTask(cancelTask))
  .all("/v1/tasks/:id/cancel", notAllowed("POST"))

  .post("/v1/tasks/:id/finish", aboutTask(finishTask))
  .all("/v1/tasks/:id/finish", notAllowed("POST"))

  // In plain text, for a loop of curl. The cancel has no HEAD: who only looks must not cancel.
  .get("/cancel-task/:id", aboutTask(plainCancel))
  .post("/cancel-task/:id", aboutTask(plainCancel))
  .all("/cancel-task/:id", notAllowed("GET, POST"))
  .get("/watch-task/:id", aboutTask(plainWatch))
  .head("/watch-task/:id", aboutTask(plainWatch))
  .all("/watch-task/:id", notAllowed("GET, HEAD"))

  .all("*", noSuchRoute);
