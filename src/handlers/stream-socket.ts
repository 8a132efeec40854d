import { WEBSOCKET_PROTOCOL } from "../../worker-client/protocol.ts";
import { offeredProtocols } from "../http/offered-protocols.ts";
import { requireKnownOrigin } from "../http/require-known-origin.ts";
import { openStream } from "./open-stream.ts";
import type { TaskCall } from "./task-call.ts";

/** 101 and a JSON state per change: the socket is the object's own, the Worker is out of it. */
export async function streamSocket(call: TaskCall, revision: number | null): Promise<Response> {
  const { request, env } = call;
  requireKnownOrigin(request, env);
  const webSocket = await openStream(call, revision);
  const headers = new Headers();
  // A token among the offered ones is never echoed.
  if (offeredProtocols(request).includes(WEBSOCKET_PROTOCOL)) {
    headers.set("Sec-WebSocket-Protocol", WEBSOCKET_PROTOCOL);
  }
  return new Response(null, { status: 101, webSocket, headers });
}
