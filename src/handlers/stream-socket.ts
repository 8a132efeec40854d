import { WEBSOCKET_PROTOCOL } from "../../worker-client/protocol.ts";
import type { Env } from "../env.ts";
import { goneProblem } from "./gone-problem.ts";
import { openWatch } from "./open-watch.ts";

/** 101 and a JSON state per change: the socket is the object's own, the Worker is out of it. */
export async function streamSocket(
  request: Request,
  env: Env,
  id: string,
  revision: number | null,
): Promise<Response> {
  const { webSocket } = await openWatch(env, id, { kind: "stream", revision });
  if (webSocket === null) throw goneProblem(id);
  const offered = request.headers.get("Sec-WebSocket-Protocol")?.split(",") ?? [];
  const headers = new Headers();
  if (offered.some((protocol) => protocol.trim() === WEBSOCKET_PROTOCOL)) {
    headers.set("Sec-WebSocket-Protocol", WEBSOCKET_PROTOCOL);
  }
  return new Response(null, { status: 101, webSocket, headers });
}
