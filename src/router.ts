import { type IRequestStrict, Router } from "itty-router";
import type { Env } from "./env.ts";
import { cancelTask } from "./handlers/cancel-task.ts";
import { declareTask } from "./handlers/declare-task.ts";
import { finishTask } from "./handlers/finish-task.ts";
import { forgetTask } from "./handlers/forget-task.ts";
import { noSuchRoute } from "./handlers/no-such-route.ts";
import { notAllowed } from "./handlers/not-allowed.ts";
import { ping } from "./handlers/ping.ts";
import { readTask } from "./handlers/read-task.ts";
import { seedCancel } from "./handlers/seed-cancel.ts";
import { seedWatch } from "./handlers/seed-watch.ts";
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

  .put("/v1/tasks/:id", declareTask)
  .get("/v1/tasks/:id", readTask)
  .head("/v1/tasks/:id", readTask)
  .delete("/v1/tasks/:id", forgetTask)
  .all("/v1/tasks/:id", notAllowed("GET, HEAD, PUT, DELETE"))

  .post("/v1/tasks/:id/start", startTask)
  .all("/v1/tasks/:id/start", notAllowed("POST"))

  .post("/v1/tasks/:id/cancel", cancelTask)
  .all("/v1/tasks/:id/cancel", notAllowed("POST"))

  .post("/v1/tasks/:id/finish", finishTask)
  .all("/v1/tasks/:id/finish", notAllowed("POST"))

  // The article's own protocol. Its cancel has no HEAD: who only looks must not cancel.
  .get("/cancel-task/:id", seedCancel)
  .post("/cancel-task/:id", seedCancel)
  .all("/cancel-task/:id", notAllowed("GET, POST"))
  .get("/watch-task/:id", seedWatch)
  .head("/watch-task/:id", seedWatch)
  .all("/watch-task/:id", notAllowed("GET, HEAD"))

  .all("*", noSuchRoute);
