import { watchEndsAtMs } from "../auth/watch-ends-at-ms.ts";
import { goneProblem } from "./gone-problem.ts";
import { openWatch } from "./open-watch.ts";
import type { TaskCall } from "./task-call.ts";

/** Watches every change of a task, for as long as the caller's token allows; 410 if it was forgotten. */
export async function openStream(call: TaskCall, revision: number | null): Promise<WebSocket> {
  const expiresAtMs = watchEndsAtMs(call.caller, Date.now());
  const { webSocket } = await openWatch(call, { kind: "stream", revision, expiresAtMs });
  if (webSocket === null) throw goneProblem(call.id);
  return webSocket;
}
