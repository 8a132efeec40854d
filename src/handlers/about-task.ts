import type { IRequestStrict } from "itty-router";
import type { Env } from "../env.ts";
import { taskIdOf } from "../http/task-id-of.ts";
import type { TaskCall } from "./task-call.ts";

/** A route whose path names a task. */
export function aboutTask(
  handle: (call: TaskCall) => Promise<Response>,
): (request: IRequestStrict, env: Env) => Promise<Response> {
  return async (request, env) => {
    const id = taskIdOf(request);
    return handle({ request, env, id, reach: () => env.TASKS.getByName(id) });
  };
}
