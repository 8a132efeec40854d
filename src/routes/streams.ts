import { type TaskState, WEBSOCKET_PROTOCOL } from "../../worker-client/protocol.ts";
import { type Caller, watchEndsAtMs } from "../auth/caller.ts";
import { relayedSocket } from "../durable/relayed-socket.ts";
import { requireKnownOrigin } from "../http/cors.ts";
import { offeredProtocols } from "../http/request.ts";
import { askObject, openWatch } from "./ask-task.ts";
import { goneProblem } from "./task-problems.ts";
import type { TaskCall } from "./task-route.ts";
import type { WatchQuery } from "./watch-query.ts";

/** Proxies close lines that are silent for a minute, some sooner. */
const COMMENT_EVERY_MS = 15_000;

/** Server-sent events: an event per change whose id is the revision, until the task has ended. */
export async function streamEvents(call: TaskCall, query: WatchQuery): Promise<Response> {
  const { revision } = query;
  if (revision !== null) {
    const task = await askObject(call, (object) => object.read());
    // An EventSource connects again after every end, but for a 204: it has seen the end already.
    if (task !== null && task.endedAt !== null && task.revision === revision) {
      return new Response(null, { status: 204 });
    }
  }
  const socket = await openStream(call, query);
  return eventStream(socket, call.request.signal, (data) => {
    const { revision }: TaskState = JSON.parse(data);
    return `id: ${revision}\n`;
  });
}

/** The longest that a timer can be set for, 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** An event for each message of a socket, for as long as the caller's token allows. */
export function callerStream(
  { request, caller }: { readonly request: Request; readonly caller: Caller },
  socket: WebSocket,
): Response {
  const response = eventStream(socket, request.signal, () => "");
  const nowMs = Date.now();
  const endsAtMs = watchEndsAtMs(caller, nowMs);
  if (endsAtMs !== null) {
    const end = () => socket.close(1000, "the token has expired");
    const timer = setTimeout(end, Math.min(MAX_TIMER_MS, endsAtMs - nowMs));
    socket.addEventListener("close", () => clearTimeout(timer));
  }
  return response;
}

/** An event for each message of a socket; `head` returns the lines of an event before its data. */
function eventStream(
  socket: WebSocket,
  signal: AbortSignal,
  head: (data: string) => string,
): Response {
  return new Response(relay(socket, signal, head), {
    headers: { "Content-Type": "text/event-stream" },
  });
}

function relay(
  socket: WebSocket,
  signal: AbortSignal,
  head: (data: string) => string,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let comments: ReturnType<typeof setInterval>;
  let isOpen = true;
  const stop = () => {
    isOpen = false;
    clearInterval(comments);
    signal.removeEventListener("abort", leave);
  };
  const leave = () => {
    stop();
    socket.close(1000, "the client is gone");
  };
  return new ReadableStream({
    start(controller) {
      // A stream that nobody reads any more takes nothing, not even its end.
      const send = (text: string) => {
        if (isOpen) controller.enqueue(encoder.encode(text));
      };
      send(": watching\n\n");
      comments = setInterval(() => send(": still watching\n\n"), COMMENT_EVERY_MS);
      socket.addEventListener("message", ({ data }) => {
        send(`${head(String(data))}data: ${data}\n\n`);
      });
      socket.addEventListener("close", () => {
        if (!isOpen) return;
        stop();
        controller.close();
      });
      signal.addEventListener("abort", leave);
      socket.accept();
    },
    cancel: leave,
  });
}

/**
 * 101 and a JSON state per change. A client that closes by itself when it has read the last state, as
 * ours does, asks with `direct=1` for the object's own socket, which costs less; see `relayedSocket`.
 */
export async function streamSocket(call: TaskCall, query: WatchQuery): Promise<Response> {
  const { request, env } = call;
  requireKnownOrigin(request, env);
  const far = await openStream(call, query);
  const webSocket = query.isDirect ? far : relayedSocket(far);
  const headers = new Headers();
  // A token among the offered ones is never echoed.
  if (offeredProtocols(request).includes(WEBSOCKET_PROTOCOL)) {
    headers.set("Sec-WebSocket-Protocol", WEBSOCKET_PROTOCOL);
  }
  return new Response(null, { status: 101, webSocket, headers });
}

/** Watches every change of a task, for as long as the caller's token allows; 410 if it was forgotten. */
async function openStream(call: TaskCall, { revision, role }: WatchQuery): Promise<WebSocket> {
  const expiresAtMs = watchEndsAtMs(call.caller, Date.now());
  const { webSocket } = await openWatch(call, { kind: "stream", revision, role, expiresAtMs });
  if (webSocket === null) throw goneProblem(call.id);
  return webSocket;
}
