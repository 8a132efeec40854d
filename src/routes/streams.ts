import { type TaskState, WEBSOCKET_PROTOCOL } from "../../worker-client/protocol.ts";
import { type Caller, watchEndsAtMs } from "../auth/caller.ts";
import { relayedSocket } from "../durable/relayed-socket.ts";
import { requireKnownOrigin } from "../http/cors.ts";
import { offeredProtocols } from "../http/request.ts";
import { askObject, openWatch } from "./ask-task.ts";
import { goneProblem } from "./task-problems.ts";
import type { TaskCall } from "./task-route.ts";
import type { WatchQuery } from "./watch-query.ts";

/** Proxies close connections that are silent for a minute, some sooner. */
const COMMENT_EVERY_MS = 15_000;

/** Server-sent events: one per change, with the revision as its id, until the task has ended. */
export async function streamEvents(call: TaskCall, query: WatchQuery): Promise<Response> {
  const { revision } = query;
  if (revision !== null) {
    const task = await askObject(call, (object) => object.read());
    // An EventSource reconnects whenever a stream ends, unless it gets a 204. This one has seen the end.
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

/** The longest delay that `setTimeout` takes, 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Streams each message of a socket as an event until the caller's token expires. */
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

/** Streams each message of a socket as an event. `head` returns the lines of an event before its data. */
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
      // A cancelled stream accepts nothing more, not even its end.
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
 * 101, then a JSON state per change. A client that closes the socket itself after the last state, as ours
 * does, asks with `direct=1` for the object's own socket, which costs less; see `relayedSocket`.
 */
export async function streamSocket(call: TaskCall, query: WatchQuery): Promise<Response> {
  const { request, env } = call;
  requireKnownOrigin(request, env);
  const far = await openStream(call, query);
  const webSocket = query.isDirect ? far : relayedSocket(far);
  const headers = new Headers();
  // A token among the offered protocols is never echoed.
  if (offeredProtocols(request).includes(WEBSOCKET_PROTOCOL)) {
    headers.set("Sec-WebSocket-Protocol", WEBSOCKET_PROTOCOL);
  }
  return new Response(null, { status: 101, webSocket, headers });
}

/** Watches every change of a task until the caller's token expires; 410 if the task was forgotten. */
async function openStream(call: TaskCall, { revision, role }: WatchQuery): Promise<WebSocket> {
  const expiresAtMs = watchEndsAtMs(call.caller, Date.now());
  const { webSocket } = await openWatch(call, { kind: "stream", revision, role, expiresAtMs });
  if (webSocket === null) throw goneProblem(call.id);
  return webSocket;
}
