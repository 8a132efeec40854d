import type { TaskState } from "../../worker-client/protocol.ts";
import { watchEndsAtMs } from "../auth/watch-ends-at-ms.ts";
import { ProblemError } from "../http/problem-error.ts";
import type { PollWatch } from "../task/watch.ts";
import { openWatch } from "./open-watch.ts";
import { parkedAnswer } from "./parked-answer.ts";
import type { TaskCall } from "./task-call.ts";

/** `told`: the task as it was when the poll was answered; null if it was not known then. */
type Awaited =
  | { readonly kind: "told"; readonly task: TaskState | null }
  | { readonly kind: "wait_over" };

/**
 * Parks a poll at the task's object until it is answered or its wait is over. The wait is the
 * Worker's: it holds the HTTP request and is not billed for waiting, while the object sleeps and
 * is not even woken to set an alarm.
 */
export async function awaitTask(
  call: TaskCall,
  poll: Omit<PollWatch, "kind">,
  waitSeconds: number,
): Promise<Awaited> {
  const { signal } = call.request;
  const nowMs = Date.now();
  const waitEndsAtMs = Math.min(
    nowMs + waitSeconds * 1000,
    watchEndsAtMs(call.caller, nowMs) ?? Number.POSITIVE_INFINITY,
  );
  // An object that goes away under a parked poll (a deploy, a crash) closes its socket without a
  // word. The poll then asks again, once: the state comes first, so nothing can have been missed.
  for (let asked = 0; asked < 2; asked++) {
    const answer = await openWatch(call, { kind: "poll", ...poll });
    if (answer.webSocket === null) return { kind: "told", task: await answer.json() };
    const waitMs = Math.max(0, waitEndsAtMs - Date.now());
    const parked = await parkedAnswer(answer.webSocket, { waitMs, signal });
    switch (parked.kind) {
      case "message":
        return { kind: "told", task: JSON.parse(parked.text) };
      case "wait_over":
        return parked;
      case "cut":
        signal.throwIfAborted();
    }
  }
  throw new ProblemError("overloaded", "The watch was cut off: watch again.", {
    headers: { "Retry-After": "1" },
  });
}
