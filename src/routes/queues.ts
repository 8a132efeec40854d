import * as v from "valibot";
import { watchEndsAtMs } from "../auth/caller.ts";
import { parseBody } from "../http/body.ts";
import { fields } from "../http/fields.ts";
import { ProblemError } from "../http/problem.ts";
import { jsonResponse } from "../http/response.ts";
import { askObject } from "./ask-task.ts";
import { openQueueWatch, type QueueCall } from "./queue-route.ts";
import { eventStream } from "./streams.ts";

/** The body of what changes a queue, as it is checked. */
export const SETTINGS = {
  paused: v.optional(fields.flag),
  accepting: v.optional(fields.flag),
  maxRunning: v.optional(v.nullable(fields.maxRunning)),
};

/** 200 with the queue. What the body does not name stays as it is. */
export async function configureQueue(call: QueueCall): Promise<Response> {
  const settings = await parseBody(call.request, SETTINGS);
  return jsonResponse(await askObject(call, (queue) => queue.configure(settings)));
}

/** Reads a queue: as it is now, or as it changes (SSE). */
export async function readQueue(call: QueueCall): Promise<Response> {
  const { request } = call;
  const isStream = request.headers.get("Accept")?.includes("text/event-stream");
  if (isStream && request.method !== "HEAD") return streamQueue(call);
  return jsonResponse(await askObject(call, (queue) => queue.read()));
}

/** The longest that a timer can be set for, 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** An event for each change, several of which may be one event, for as long as the token allows. */
async function streamQueue(call: QueueCall): Promise<Response> {
  const nowMs = Date.now();
  const endsAtMs = watchEndsAtMs(call.caller, nowMs);
  const { webSocket } = await openQueueWatch(call, { kind: "counts" });
  if (webSocket === null) {
    throw new ProblemError("overloaded", "The stream could not be opened: try again.", {
      headers: { "Retry-After": "1" },
    });
  }
  const response = eventStream(webSocket, call.request.signal, () => "");
  if (endsAtMs !== null) {
    const end = () => webSocket.close(1000, "the token has expired");
    const timer = setTimeout(end, Math.min(MAX_TIMER_MS, endsAtMs - nowMs));
    webSocket.addEventListener("close", () => clearTimeout(timer));
  }
  return response;
}
