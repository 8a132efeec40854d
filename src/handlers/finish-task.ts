import type { IRequestStrict } from "itty-router";
import * as v from "valibot";
import type { Env } from "../env.ts";
import { fields } from "../http/fields.ts";
import { parseBody } from "../http/parse-body.ts";
import { ProblemError } from "../http/problem-error.ts";
import { taskIdOf } from "../http/task-id-of.ts";
import { taskResponse } from "../http/task-response.ts";
import { commandTask } from "./command-task.ts";

const FINISH = {
  attempt: fields.attempt,
  status: v.picklist(
    ["succeeded", "failed", "cancelled"],
    'must be "succeeded", "failed" or "cancelled"',
  ),
  result: v.optional(fields.json),
  error: v.optional(fields.json),
};

/** 200 with the ended task; 409 if another attempt runs, or the task has ended otherwise. */
export async function finishTask(request: IRequestStrict, env: Env): Promise<Response> {
  const id = taskIdOf(request);
  const { attempt, status, result = null, error = null } = await parseBody(request, FINISH);
  if (result !== null && error !== null) {
    throw new ProblemError("bad-request", "A task has a result or an error: send only one.");
  }
  const { task } = await commandTask(env, id, { type: "finish", attempt, status, result, error });
  return taskResponse(task, 200);
}
