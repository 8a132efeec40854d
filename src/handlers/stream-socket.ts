import { WEBSOCKET_PROTOCOL } from "../../worker-client/protocol.ts";
import { goneProblem } from "./gone-problem.ts";
import { openWatch } from "./open-watch.ts";
import type { TaskCall } from "./task-call.ts";

/** 101 and a JSON state per change: the socket is the object's own, the Worker is out of it. */
export async function streamSocket(call: TaskCall, revision: number | null): Promise<Response> {
  const { webSocket } = await openWatch(call, { kind: "stream", revision });
  if (webSocket === null) throw goneProblem(call.id);
  const offered = call.request.headers.get("Sec-WebSocket-Protocol")?.split(",") ?? [];
  const headers = new Headers();
  if (offered.some((protocol) => protocol.trim() === WEBSOCKET_PROTOCOL)) {
    headers.set("Sec-WebSocket-Protocol", WEBSOCKET_PROTOCOL);
  }
  return new Response(null, { status: 101, webSocket, headers });
}
