import { fields } from "../http/fields.ts";
import { parseBody } from "../http/parse-body.ts";
import { taskResponse } from "../http/task-response.ts";
import { commandTask } from "./command-task.ts";
import type { TaskCall } from "./task-call.ts";

/** 200 with the attempt that this holder now runs; 409 if the task is being cancelled or has ended. */
export async function startTask(call: TaskCall): Promise<Response> {
  const { holder } = await parseBody(call.request, { holder: fields.holder });
  const { task } = await commandTask(call, { type: "start", holder });
  return taskResponse(task, 200);
}
