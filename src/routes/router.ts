import { Router } from "itty-router";
import { authenticate, type ServiceRequest } from "../auth/authenticate.ts";
import type { Env } from "../env.ts";
import { crossOrigin } from "../http/cors.ts";
import { failure, ProblemError } from "../http/problem.ts";
import { show } from "../http/request.ts";
import { sealResponse } from "../http/response.ts";
import { cancelTasks, readCancellation } from "./bulk.ts";
import { cancelTask, plainCancel } from "./cancel.ts";
import { claimTask } from "./claim.ts";
import { consoleFile } from "./console.ts";
import { LIST_PARAMETERS, listTasks, readStats, readTaskHistory } from "./directory.ts";
import { enqueueTasks } from "./enqueue.ts";
import { logRequest, noteArrival } from "./log.ts";
import { serveDocument, serveReference } from "./openapi.ts";
import { queueRoute } from "./queue-route.ts";
import { configureQueue, readQueue } from "./queues.ts";
import { plainWatch, readTask } from "./read.ts";
import { callerRoute, plainRoute, taskRoute } from "./task-route.ts";
import {
  declareTask,
  finishTask,
  forgetTask,
  heartbeatTask,
  releaseTask,
  retryTask,
  startTask,
} from "./tasks.ts";
import { readTree } from "./tree.ts";
import { WATCH_PARAMETERS } from "./watch-query.ts";
import {
  listDeliveries,
  listWebhooks,
  putWebhook,
  readWebhook,
  redeliver,
  removeWebhook,
  testWebhook,
} from "./webhooks.ts";

/** Every URL of the service. */
export const router = Router<ServiceRequest, [Env], Response>({
  catch: failure,
  before: [noteArrival],
  finally: [crossOrigin.allow, sealResponse, log],
});

router
  .options("*", crossOrigin.preflight)

  .get("/ping", ping)
  .head("/ping", ping)
  .all("/ping", notAllowed("GET, HEAD"))

  // A page, its script and its style sheet need no token: the requests that the page makes do.
  .get("/console", consoleFile)
  .head("/console", consoleFile)
  .all("/console", notAllowed("GET, HEAD"))
  .get("/console/:file", consoleFile)
  .head("/console/:file", consoleFile)
  .all("/console/:file", notAllowed("GET, HEAD"))
  .get("/openapi.json", serveDocument)
  .head("/openapi.json", serveDocument)
  .all("/openapi.json", notAllowed("GET, HEAD"))
  .get("/docs", serveReference)
  .head("/docs", serveReference)
  .all("/docs", notAllowed("GET, HEAD"))

  // Everything below is reached only once the caller is known.
  .all("*", authenticate)

  // Every request tries the routes in order, so the busiest come first.
  .get("/v1/tasks/:id", taskRoute("watch", readTask, WATCH_PARAMETERS))
  .head("/v1/tasks/:id", taskRoute("watch", readTask, WATCH_PARAMETERS))
  .put("/v1/tasks/:id", taskRoute("declare", declareTask))
  .delete("/v1/tasks/:id", taskRoute("declare", forgetTask))
  .all("/v1/tasks/:id", notAllowed("GET, HEAD, PUT, DELETE"))

  .post("/v1/tasks/:id/cancel", taskRoute("cancel", cancelTask, ["wait", "tree"]))
  .all("/v1/tasks/:id/cancel", notAllowed("POST"))

  .get("/v1/tasks", callerRoute("watch", listTasks, LIST_PARAMETERS))
  .head("/v1/tasks", callerRoute("watch", listTasks, LIST_PARAMETERS))
  .all("/v1/tasks", notAllowed("GET, HEAD"))
  .post("/v1/cancellations", callerRoute("cancel", cancelTasks))
  .all("/v1/cancellations", notAllowed("POST"))
  .get("/v1/cancellations/:id", callerRoute("cancel", readCancellation))
  .head("/v1/cancellations/:id", callerRoute("cancel", readCancellation))
  .all("/v1/cancellations/:id", notAllowed("GET, HEAD"))

  .get("/v1/stats", callerRoute("watch", readStats))
  .head("/v1/stats", callerRoute("watch", readStats))
  .all("/v1/stats", notAllowed("GET, HEAD"))

  .get("/v1/tasks/:id/history", taskRoute("watch", readTaskHistory))
  .head("/v1/tasks/:id/history", taskRoute("watch", readTaskHistory))
  .all("/v1/tasks/:id/history", notAllowed("GET, HEAD"))

  .get("/v1/tasks/:id/tree", taskRoute("watch", readTree, ["depth"]))
  .head("/v1/tasks/:id/tree", taskRoute("watch", readTree, ["depth"]))
  .all("/v1/tasks/:id/tree", notAllowed("GET, HEAD"))

  .post("/v1/tasks/:id/start", taskRoute("work", startTask))
  .all("/v1/tasks/:id/start", notAllowed("POST"))

  .post("/v1/tasks/:id/finish", taskRoute("work", finishTask))
  .all("/v1/tasks/:id/finish", notAllowed("POST"))

  .post("/v1/tasks/:id/heartbeat", taskRoute("work", heartbeatTask))
  .all("/v1/tasks/:id/heartbeat", notAllowed("POST"))

  .post("/v1/tasks/:id/release", taskRoute("work", releaseTask))
  .all("/v1/tasks/:id/release", notAllowed("POST"))

  .post("/v1/tasks/:id/retry", taskRoute("declare", retryTask))
  .all("/v1/tasks/:id/retry", notAllowed("POST"))

  .get("/v1/queues/:queue", queueRoute("watch", readQueue))
  .head("/v1/queues/:queue", queueRoute("watch", readQueue))
  .put("/v1/queues/:queue", queueRoute("declare", configureQueue))
  .all("/v1/queues/:queue", notAllowed("GET, HEAD, PUT"))

  .post("/v1/queues/:queue/tasks", queueRoute("declare", enqueueTasks))
  .all("/v1/queues/:queue/tasks", notAllowed("POST"))

  .post("/v1/queues/:queue/claim", queueRoute("work", claimTask, ["wait"]))
  .all("/v1/queues/:queue/claim", notAllowed("POST"))

  .get("/v1/webhooks", listWebhooks)
  .head("/v1/webhooks", listWebhooks)
  .all("/v1/webhooks", notAllowed("GET, HEAD"))

  .put("/v1/webhooks/:webhook", putWebhook)
  .get("/v1/webhooks/:webhook", readWebhook)
  .head("/v1/webhooks/:webhook", readWebhook)
  .delete("/v1/webhooks/:webhook", removeWebhook)
  .all("/v1/webhooks/:webhook", notAllowed("GET, HEAD, PUT, DELETE"))

  .post("/v1/webhooks/:webhook/test", testWebhook)
  .all("/v1/webhooks/:webhook/test", notAllowed("POST"))

  .get("/v1/webhooks/:webhook/deliveries", listDeliveries)
  .head("/v1/webhooks/:webhook/deliveries", listDeliveries)
  .all("/v1/webhooks/:webhook/deliveries", notAllowed("GET, HEAD"))

  .post("/v1/webhooks/:webhook/deliveries/:delivery/redeliver", redeliver)
  .all("/v1/webhooks/:webhook/deliveries/:delivery/redeliver", notAllowed("POST"))

  // In plain text, for a loop of curl. The cancel has no HEAD: a HEAD must not cancel anything.
  .get("/cancel-task/:id", plainRoute("cancel", plainCancel))
  .post("/cancel-task/:id", plainRoute("cancel", plainCancel))
  .all("/cancel-task/:id", notAllowed("GET, POST"))
  .get("/watch-task/:id", plainRoute("watch", plainWatch))
  .head("/watch-task/:id", plainRoute("watch", plainWatch))
  .all("/watch-task/:id", notAllowed("GET, HEAD"))

  .all("*", noSuchRoute);

/** Logs a request under its route, even if it was rejected before it got there. */
function log(response: Response, request: ServiceRequest): void {
  logRequest(response, request, router.routes);
}

/** Says that the service is up. */
function ping(): Response {
  return Response.json({ message: "pong" });
}

/** Rejects the methods that a route does not support. */
function notAllowed(allow: string): (request: Request) => never {
  return (request) => {
    throw new ProblemError(
      "method-not-allowed",
      `${request.method} ${new URL(request.url).pathname} is not served: use ${allow}.`,
      { headers: { Allow: allow } },
    );
  };
}

/** Rejects the paths that are not served. */
function noSuchRoute(request: Request): never {
  const { pathname } = new URL(request.url);
  throw new ProblemError(
    "no-such-route",
    `${show(pathname)} is not served: tasks live at /v1/tasks/:id, the console at /console, and /docs lists every route.`,
  );
}
