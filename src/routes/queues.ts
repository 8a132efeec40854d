import * as v from "valibot";
import { parseBody } from "../http/body.ts";
import { fields } from "../http/fields.ts";
import { ProblemError } from "../http/problem.ts";
import { jsonResponse } from "../http/response.ts";
import { askObject } from "./ask-task.ts";
import { openQueueWatch, type QueueCall } from "./queue-route.ts";
import { callerStream } from "./streams.ts";

/** The schema of a queue's settings. */
export const SETTINGS = {
  paused: v.optional(fields.flag),
  accepting: v.optional(fields.flag),
  maxRunning: v.optional(v.nullable(fields.maxRunning)),
};

/** 200 with the queue. Settings that the body omits stay as they are. */
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

/** Streams the changes of a queue. One event may cover several changes. */
async function streamQueue(call: QueueCall): Promise<Response> {
  const { webSocket } = await openQueueWatch(call, { kind: "counts" });
  if (webSocket === null) {
    throw new ProblemError("overloaded", "The stream could not be opened: try again.", {
      headers: { "Retry-After": "1" },
    });
  }
  return callerStream(call, webSocket);
}
