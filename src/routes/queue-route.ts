import type { Scope } from "../../worker-client/protocol.ts";
import type { ServiceRequest } from "../auth/authenticate.ts";
import { type Caller, coversQueue } from "../auth/caller.ts";
import type { Env } from "../env.ts";
import { ProblemError } from "../http/problem.ts";
import { QUEUE_WATCH_HEADER, type QueueStub, type QueueWatch } from "../queues/queue-stub.ts";
import { askObject } from "./ask-task.ts";
import { callerRoute, idInPath } from "./task-route.ts";

/** A request about one queue, from a caller who may make it. */
export interface QueueCall {
  readonly request: Request;
  readonly env: Env;
  readonly queue: string;
  readonly caller: Caller;
  /** Returns a new stub of the queue's object. */
  readonly reach: () => QueueStub;
}

/** Makes a route whose path names a queue, for callers with this scope whose token names the queue. */
export function queueRoute(
  scope: Scope,
  handle: (call: QueueCall) => Promise<Response>,
  parameters: readonly string[] = [],
): (request: ServiceRequest, env: Env) => Promise<Response> {
  return callerRoute(
    scope,
    async ({ request, env, caller }) =>
      handle(queueCall(request, env, caller, idInPath(request, "queue"))),
    parameters,
  );
}

/** Makes the call about a queue. Throws a problem if the caller's token does not name the queue. */
export function queueCall(request: Request, env: Env, caller: Caller, queue: string): QueueCall {
  if (coversQueue(caller, queue)) {
    return { request, env, queue, caller, reach: () => env.QUEUES.getByName(queue) };
  }
  throw new ProblemError(
    "forbidden",
    `This needs a token whose claim "queues" names the queue ${queue}; yours does not.`,
  );
}

/** Opens a watch at the queue's object. The response has a socket, or an offer if no wait is needed. */
export async function openQueueWatch(call: QueueCall, watch: QueueWatch): Promise<Response> {
  const headers = { Upgrade: "websocket", [QUEUE_WATCH_HEADER]: JSON.stringify(watch) };
  const answer = await askObject(call, (object) =>
    object.fetch("https://queue.invalid/", { headers }),
  );
  if (answer.status !== 503) return answer;
  throw new ProblemError(
    "too-many-watchers",
    `The queue ${call.queue} has too many waiting workers and watchers: try again later.`,
    { headers: { "Retry-After": "30" } },
  );
}
