import { setting } from "../http/setting.ts";
import { awaitTask } from "./await-task.ts";
import type { TaskCall } from "./task-call.ts";

/** `GET /watch-task/:id`, in plain text: `true` exactly when there is a cancellation on record. */
export async function plainWatch(call: TaskCall): Promise<Response> {
  const waitSeconds = setting(call.env, "WATCH_TASK_WAIT_SECONDS");
  const { kind } = await awaitTask(call, { until: "cancellation", revision: null }, waitSeconds);
  // It is told of a cancellation and of nothing else.
  return new Response(String(kind === "told"));
}
