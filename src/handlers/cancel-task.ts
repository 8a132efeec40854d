import type { IRequestStrict } from "itty-router";
import * as v from "valibot";
import type { TaskState } from "../../worker-client/protocol.ts";
import type { Env } from "../env.ts";
import { fields } from "../http/fields.ts";
import { parseBody } from "../http/parse-body.ts";
import { requestedWait } from "../http/requested-wait.ts";
import { taskIdOf } from "../http/task-id-of.ts";
import { taskResponse } from "../http/task-response.ts";
import { askTaskObject } from "./ask-task-object.ts";
import { awaitTask } from "./await-task.ts";
import { commandTask } from "./command-task.ts";
import { goneProblem } from "./gone-problem.ts";

const CANCEL = {
  reason: v.nullish(fields.reason, null),
  gracePeriodSeconds: v.nullish(fields.gracePeriodSeconds, null),
};

/** 202 when the cancel is on record and the worker still has to stop; 200 when the task has ended. */
export async function cancelTask(request: IRequestStrict, env: Env): Promise<Response> {
  const id = taskIdOf(request);
  const wait = requestedWait(request, env);
  const cancel = await parseBody(request, CANCEL);
  const { task } = await commandTask(env, id, { type: "cancel", requestedBy: null, ...cancel });
  if (isEnded(task) || wait === null) return taskResponse(task, statusFor(task), wait?.headers);
  const awaited = await awaitTask(
    env,
    id,
    { until: "end", revision: task.revision },
    { waitSeconds: wait.seconds, signal: request.signal },
  );
  const later =
    awaited.kind === "told"
      ? awaited.task
      : await askTaskObject(env, id, (object) => object.read());
  if (later === null) throw goneProblem(id);
  return taskResponse(later, statusFor(later), wait.headers);
}

function statusFor(task: TaskState): number {
  return isEnded(task) ? 200 : 202;
}

function isEnded(task: TaskState): boolean {
  return task.endedAt !== null;
}
