import type { IRequestStrict } from "itty-router";
import type { Env } from "../env.ts";
import { taskIdOf } from "../http/task-id-of.ts";
import { commandTask } from "./command-task.ts";

/** `GET /cancel-task/:id`, in plain text: `ok` once the cancel is on record. */
export async function plainCancel(request: IRequestStrict, env: Env): Promise<Response> {
  await commandTask(env, taskIdOf(request), {
    type: "cancel",
    reason: null,
    requestedBy: null,
    gracePeriodSeconds: null,
  });
  return new Response("ok");
}
