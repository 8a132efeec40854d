import * as v from "valibot";
import { parseBody } from "../http/body.ts";
import { fields } from "../http/fields.ts";
import { ProblemError } from "../http/problem.ts";
import { taskResponse } from "../http/response.ts";
import { askTaskObject, commandTask } from "./ask-task.ts";
import { refusalProblem } from "./task-problems.ts";
import type { TaskCall } from "./task-route.ts";

const DECLARATION = {
  timeoutSeconds: v.nullish(fields.timeoutSeconds, null),
  gracePeriodSeconds: v.nullish(fields.gracePeriodSeconds, null),
  retentionSeconds: v.nullish(fields.retentionSeconds, null),
  metadata: v.nullish(fields.metadata, {}),
};

/** 201 with the new task; 200 with the task as it is if it exists already. */
export async function declareTask(call: TaskCall): Promise<Response> {
  const declaration = await parseBody(call.request, DECLARATION);
  const { kind, task } = await commandTask(call, { type: "declare", ...declaration });
  return kind === "changed"
    ? taskResponse(task, 201, { Location: `/v1/tasks/${call.id}` })
    : taskResponse(task, 200);
}

/** 200 with the attempt that this holder runs now; 409 if the task does not run again, or not for it. */
export async function startTask(call: TaskCall): Promise<Response> {
  const { holder } = await parseBody(call.request, { holder: fields.holder });
  const { task } = await commandTask(call, { type: "start", holder });
  return taskResponse(task, 200);
}

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

/** 200 with the ended task; 409 if another attempt counts, or this one has ended differently. */
export async function finishTask(call: TaskCall): Promise<Response> {
  const body = await parseBody(call.request, FINISH);
  const { attempt, holder = null, status, result = null, error = null } = body;
  if (result !== null && error !== null) {
    throw new ProblemError(
      "bad-request",
      "A task has either a result or an error: send one of them.",
    );
  }
  if (status === "succeeded" && error !== null) {
    throw new ProblemError(
      "bad-request",
      'A task that succeeded has no error: send a result, or the status "failed".',
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

/** 204 once nothing of the task is left; 409 if it has not ended. */
export async function forgetTask(call: TaskCall): Promise<Response> {
  const answer = await askTaskObject(call, (object) => object.forget());
  if (answer.kind === "refused") throw refusalProblem(call.id, answer.refusal, answer.task);
  return new Response(null, { status: 204 });
}
