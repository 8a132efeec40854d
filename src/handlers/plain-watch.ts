import type { IRequestStrict } from "itty-router";
import type { Env } from "../env.ts";
import { setting } from "../http/setting.ts";
import { taskIdOf } from "../http/task-id-of.ts";
import { awaitTask } from "./await-task.ts";

/** `GET /watch-task/:id`, in plain text: `true` exactly when there is a cancellation on record. */
export async function plainWatch(request: IRequestStrict, env: Env): Promise<Response> {
  const id = taskIdOf(request);
  const waitEndsAtMs = Date.now() + setting(env, "WATCH_TASK_WAIT_SECONDS") * 1000;
  const watch = { until: "cancellation", revision: null, waitEndsAtMs } as const;
  const task = await awaitTask(env, id, watch, request.signal);
  return new Response(String(task !== null && task.cancellation !== null));
}
