import * as v from "valibot";
import { fields } from "../http/fields.ts";
import { parseBody } from "../http/parse-body.ts";
import { ProblemError } from "../http/problem-error.ts";
import { taskResponse } from "../http/task-response.ts";
import { commandTask } from "./command-task.ts";
import type { TaskCall } from "./task-call.ts";

const FINISH = {
  attempt: fields.attempt,
  holder: v.optional(fields.holder),
  status: v.picklist(
    ["succeeded", "failed", "cancelled"],
    'must be "succeeded", "failed" or "cancelled"',
  ),
  result: v.optional(fields.json),
  error: v.optional(fields.json),
};

/** 200 with the ended task; 409 if another attempt runs, or the task has ended otherwise. */
export async function finishTask(call: TaskCall): Promise<Response> {
  const body = await parseBody(call.request, FINISH);
  const { attempt, holder = null, status, result = null, error = null } = body;
  if (result !== null && error !== null) {
    throw new ProblemError("bad-request", "A task has a result or an error: send only one.");
  }
  if (status === "succeeded" && error !== null) {
    throw new ProblemError(
      "bad-request",
      'A task that has succeeded has no error: send a result, or the status "failed".',
    );
  }
  const { task } = await commandTask(call, {
    type: "finish",
    attempt,
    holder,
    status,
    result,
    error,
  });
  return taskResponse(task, 200);
}
