import type { IRequestStrict } from "itty-router";
import type { Env } from "../env.ts";
import { fields } from "../http/fields.ts";
import { parseBody } from "../http/parse-body.ts";
import { taskIdOf } from "../http/task-id-of.ts";
import { taskResponse } from "../http/task-response.ts";
import { commandTask } from "./command-task.ts";

/** 200 with the attempt that this holder now runs; 409 if the task is being cancelled or has ended. */
export async function startTask(request: IRequestStrict, env: Env): Promise<Response> {
  const id = taskIdOf(request);
  const { holder } = await parseBody(request, { holder: fields.holder });
  const { task } = await commandTask(env, id, { type: "start", holder });
  return taskResponse(task, 200);
}
