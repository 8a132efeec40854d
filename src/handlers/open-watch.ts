import { ProblemError } from "../http/problem-error.ts";
import type { Watch } from "../task/watch.ts";
import { WATCH_HEADER } from "../task/watch-header.ts";
import { askTaskObject } from "./ask-task-object.ts";
import type { TaskCall } from "./task-call.ts";

/** Asks the task's object to watch: it answers with a socket, or with the state where no wait is needed. */
export async function openWatch(call: TaskCall, watch: Watch): Promise<Response> {
  const headers = { Upgrade: "websocket", [WATCH_HEADER]: JSON.stringify(watch) };
  const answer = await askTaskObject(call, (object) =>
    object.fetch("https://task.invalid/", { headers }),
  );
  if (answer.status !== 503) return answer;
  throw new ProblemError(
    "too-many-watchers",
    `Task ${call.id} has as many watchers as one task may have: try again later.`,
    { headers: { "Retry-After": "30" } },
  );
}
