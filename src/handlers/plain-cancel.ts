import { commandTask } from "./command-task.ts";
import type { TaskCall } from "./task-call.ts";

/** `GET /cancel-task/:id`, in plain text: `ok` once the cancel is on record, or the task has ended. */
export async function plainCancel(call: TaskCall): Promise<Response> {
  await commandTask(call, {
    type: "cancel",
    reason: null,
    requestedBy: call.caller.subject,
    gracePeriodSeconds: null,
  });
  return new Response("ok");
}
