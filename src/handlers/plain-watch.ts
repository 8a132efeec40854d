import type { IRequestStrict } from "itty-router";
import type { Env } from "../env.ts";
import { setting } from "../http/setting.ts";
import { taskIdOf } from "../http/task-id-of.ts";
import { awaitTask } from "./await-task.ts";

/** `GET /watch-task/:id`, in plain text: `true` exactly when there is a cancellation on record. */
export async function plainWatch(request: IRequestStrict, env: Env): Promise<Response> {
  const id = taskIdOf(request);
  const { kind } = await awaitTask(
    env,
    id,
    { until: "cancellation", revision: null },
    { waitSeconds: setting(env, "WATCH_TASK_WAIT_SECONDS"), signal: request.signal },
  );
  // It is told of a cancellation and of nothing else.
  return new Response(String(kind === "told"));
}
