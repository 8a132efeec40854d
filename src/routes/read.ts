import type { TaskState } from "../../worker-client/protocol.ts";
import { watchEndsAtMs } from "../auth/caller.ts";
import { parkedAnswer } from "../durable/parked-answer.ts";
import { setting } from "../env.ts";
import { ProblemError } from "../http/problem.ts";
import { taskResponse } from "../http/response.ts";
import type { PollWatch } from "../tasks/watch.ts";
import { askObject, openWatch } from "./ask-task.ts";
import { streamEvents, streamSocket } from "./streams.ts";
import { goneProblem, unknownProblem } from "./task-problems.ts";
import type { TaskCall } from "./task-route.ts";
import { watchQuery } from "./watch-query.ts";

/** Reads a task: as it is now, when it changes (long poll), or at every change (SSE, WebSocket). */
export async function readTask(call: TaskCall): Promise<Response> {
  const { request, id } = call;
  const query = watchQuery(request, call.env);
  const { revision, wait, role } = query;
  const read = () => askObject(call, (object) => object.read());
  // A HEAD never watches: a watch that is told of a cancel counts as its delivery.
  if (request.method === "HEAD") return answer(id, await read(), revision);
  const isUpgrade = request.headers.get("Upgrade")?.toLowerCase() === "websocket";
  if (isUpgrade) return streamSocket(call, query);
  if (request.headers.get("Accept")?.includes("text/event-stream")) {
    return streamEvents(call, query);
  }
  if (wait === null) return answer(id, await read(), revision);
  const awaited = await awaitTask(call, { until: "change", revision, role }, wait.seconds);
  switch (awaited.kind) {
    case "told":
      if (awaited.task === null && revision !== null && revision > 0) throw goneProblem(id);
      return answer(id, awaited.task, revision, wait.headers);
    case "wait_over":
      // Nothing has changed, so the caller's revision is still current.
      if (revision !== null) return unchanged(revision, wait.headers);
      return answer(id, await read(), revision, wait.headers);
  }
}

type HeaderFields = Readonly<Record<string, string>>;

function answer(
  id: string,
  task: TaskState | null,
  revision: number | null,
  headers: HeaderFields = {},
): Response {
  const current = task?.revision ?? 0;
  if (revision === current) return unchanged(revision, headers);
  if (task !== null) return taskResponse(task, 200, headers);
  throw unknownProblem(id, headers);
}

function unchanged(revision: number, headers: HeaderFields): Response {
  return new Response(null, { status: 304, headers: { ...headers, ETag: `W/"${revision}"` } });
}

/** `GET /watch-task/:id`, in plain text: `true` exactly when there is a cancellation on record. */
export async function plainWatch(call: TaskCall): Promise<Response> {
  if (call.request.method === "HEAD") return new Response("false");
  const waitSeconds = setting(call.env, "WATCH_TASK_WAIT_SECONDS");
  const { kind } = await awaitTask(call, { until: "cancellation", revision: null }, waitSeconds);
  // Only a cancellation answers this watch.
  return new Response(String(kind === "told"));
}

/** `told`: the task as it was when the poll was answered; null if it was not known then. */
type Awaited =
  | { readonly kind: "told"; readonly task: TaskState | null }
  | { readonly kind: "wait_over" };

/**
 * Parks a poll at the task's object until it is answered or its wait is over. The Worker does the
 * waiting: it holds the HTTP request and is not billed for it, while the object sleeps and is not
 * even woken to set an alarm.
 */
export async function awaitTask(
  call: TaskCall,
  poll: Omit<PollWatch, "kind">,
  waitSeconds: number,
): Promise<Awaited> {
  const { signal } = call.request;
  const nowMs = Date.now();
  const waitEndsAtMs = Math.min(
    nowMs + waitSeconds * 1000,
    watchEndsAtMs(call.caller, nowMs) ?? Number.POSITIVE_INFINITY,
  );
  // If the object goes away in the meantime (a deploy, a crash), the socket closes without a message. The
  // poll then asks again, once: the state comes first, so nothing is missed.
  for (let asked = 0; asked < 2; asked++) {
    const answer = await openWatch(call, { kind: "poll", ...poll });
    if (answer.webSocket === null) return { kind: "told", task: await answer.json() };
    const waitMs = Math.max(0, waitEndsAtMs - Date.now());
    const parked = await parkedAnswer(answer.webSocket, { waitMs, signal });
    switch (parked.kind) {
      case "message":
        return { kind: "told", task: JSON.parse(parked.text) };
      case "wait_over":
        return parked;
      case "cut":
        signal.throwIfAborted();
    }
  }
  throw new ProblemError("overloaded", "The watch was cut off: watch again.", {
    headers: { "Retry-After": "1" },
  });
}
