import type { TaskState } from "../../worker-client/protocol.ts";
import { namedRevision } from "../http/named-revision.ts";
import { requestedWait } from "../http/requested-wait.ts";
import { taskResponse } from "../http/task-response.ts";
import { askTaskObject } from "./ask-task-object.ts";
import { awaitTask } from "./await-task.ts";
import { goneProblem } from "./gone-problem.ts";
import { streamEvents } from "./stream-events.ts";
import { streamSocket } from "./stream-socket.ts";
import type { TaskCall } from "./task-call.ts";
import { unknownProblem } from "./unknown-problem.ts";

/** The task: as it is now, when it changes (long poll), or at every change (SSE, WebSocket). */
export async function readTask(call: TaskCall): Promise<Response> {
  const { request, id } = call;
  const revision = namedRevision(request);
  const isUpgrade = request.headers.get("Upgrade")?.toLowerCase() === "websocket";
  if (isUpgrade && request.method === "GET") {
    return streamSocket(call, revision);
  }
  if (request.headers.get("Accept")?.includes("text/event-stream")) {
    return streamEvents(call, revision);
  }
  const read = () => askTaskObject(call, (object) => object.read());
  const wait = requestedWait(request, call.env);
  if (wait === null) return answer(id, await read(), revision);
  const awaited = await awaitTask(call, { until: "change", revision }, wait.seconds);
  switch (awaited.kind) {
    case "told":
      if (awaited.task === null && revision !== null && revision > 0) throw goneProblem(id);
      return answer(id, awaited.task, revision, wait.headers);
    case "wait_over":
      // Nothing was told, so what the caller named is still the revision: no need to look.
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
