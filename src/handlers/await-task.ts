import type { TaskState } from "../../worker-client/protocol.ts";
import type { Env } from "../env.ts";
import { ProblemError } from "../http/problem-error.ts";
import type { PollWatch } from "../task/watch.ts";
import { openWatch } from "./open-watch.ts";

/**
 * The task when the poll is answered or its wait is over; null if it is not known then.
 * The Worker holds the HTTP request meanwhile, and the object sleeps.
 */
export async function awaitTask(
  env: Env,
  id: string,
  poll: Omit<PollWatch, "kind">,
  signal: AbortSignal,
): Promise<TaskState | null> {
  // An object that goes away under a parked poll (a deploy, a crash) closes its socket without a
  // word. The poll then asks again, once: the state comes first, so nothing can have been missed.
  for (let asked = 0; asked < 2; asked++) {
    const answer = await openWatch(env, id, { kind: "poll", ...poll });
    if (answer.webSocket === null) return await answer.json();
    const message = await onlyMessage(answer.webSocket, signal);
    if (message !== null) return JSON.parse(message);
    signal.throwIfAborted();
  }
  throw new ProblemError("overloaded", "The watch was cut off: watch again.", {
    headers: { "Retry-After": "1" },
  });
}

/** The one message of a parked poll; null if the socket closes without it, or the client leaves. */
function onlyMessage(socket: WebSocket, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const leave = () => socket.close(1000, "the client is gone");
    const settle = (message: string | null) => {
      signal.removeEventListener("abort", leave);
      resolve(message);
    };
    socket.addEventListener("message", (event) => settle(String(event.data)));
    socket.addEventListener("close", () => settle(null));
    signal.addEventListener("abort", leave);
    socket.accept();
    if (signal.aborted) leave();
  });
}
