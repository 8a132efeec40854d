import * as v from "valibot";
import { parseBody } from "../http/body.ts";
import { fields } from "../http/fields.ts";
import { ProblemError } from "../http/problem.ts";
import { traceparentOf } from "../http/request.ts";
import { taskResponse } from "../http/response.ts";
import { askObject, commandTask } from "./ask-task.ts";
import {
  DECLARATION,
  type Declared,
  MAX_DECLARATION_BYTES,
  RETRY_POLICY,
  readDeclaration,
} from "./declaration.ts";
import { declareInQueue } from "./enqueue.ts";
import { CHILD, makeBelow, makeTask } from "./parents.ts";
import { queueCall } from "./queue-route.ts";
import { refusalProblem } from "./task-problems.ts";
import type { TaskCall } from "./task-route.ts";

/** The schema of a declaration's body. */
export const DECLARE = { ...DECLARATION, queue: v.optional(fields.taskId) };

/** 201 with the new task; 200 with the task as it is if it exists already. */
export async function declareTask(call: TaskCall): Promise<Response> {
  const body = await parseBody(call.request, DECLARE, { maxBytes: MAX_DECLARATION_BYTES });
  const declared = readDeclaration(body, call.request);
  const { kind, task } =
    body.queue === undefined
      ? await makeTask(call, declared)
      : await declareInto(body.queue, call, declared);
  return kind === "changed"
    ? taskResponse(task, 201, { Location: `/v1/tasks/${call.id}` })
    : taskResponse(task, 200);
}

async function declareInto(
  queue: string,
  { request, env, caller, id }: TaskCall,
  declared: Declared,
) {
  const waiting = [{ id, ...declared }];
  const outcomes = await declareInQueue(queueCall(request, env, caller, queue), waiting);
  const outcome = outcomes.get(id);
  if (outcome === undefined || outcome.kind === "failed") throw outcome?.error;
  return outcome;
}

/** The schema of a start's body. */
export const START = {
  ...RETRY_POLICY,
  ...CHILD,
  holder: fields.holder,
  leaseSeconds: v.optional(fields.leaseSeconds),
  takeOver: v.optional(fields.flag),
};

/** 200 with the task, which this holder now runs; 409 if the task does not run again, or not for this holder. */
export async function startTask(call: TaskCall): Promise<Response> {
  const { parent, onParentCancel, ...body } = await parseBody(call.request, START);
  const child = { parent, onParentCancel };
  const traceparent = traceparentOf(call.request);
  const { task: started } = await makeBelow(call, child, async (task, adopted) => {
    if (adopted?.cancel) {
      // Puts the cancel on record before a run can begin.
      await task.hearParent({ parent: adopted.parent, cancel: adopted.cancel });
    }
    const { ancestors, staysOn, atMs: adoptedAtMs } = adopted ?? {};
    const made = { ancestors, staysOn, adoptedAtMs, traceparent };
    const event = { type: "start", ...body, ...made } as const;
    return task.command(event, undefined, call.caller.subject);
  });
  return taskResponse(started, 200);
}

const RUN = { attempt: fields.attempt, holder: fields.holder };

/** The schema of a heartbeat's body. */
export const HEARTBEAT = { ...RUN, progress: v.optional(fields.json) };

/** 200 with the task as it is, so that the worker hears of a cancel; 409 if this attempt is stale. */
export async function heartbeatTask(call: TaskCall): Promise<Response> {
  const body = await parseBody(call.request, HEARTBEAT);
  const { task } = await commandTask(call, { type: "heartbeat", ...body });
  return taskResponse(task, 200);
}

/** The schema of a release's body. */
export const RELEASE = { ...RUN, delaySeconds: v.optional(fields.delaySeconds) };

/** 200 with the task, which waits for its next attempt; 409 if this attempt is stale. */
export async function releaseTask(call: TaskCall): Promise<Response> {
  const { delaySeconds = 0, ...run } = await parseBody(call.request, RELEASE);
  const { task } = await commandTask(call, { type: "release", delaySeconds, ...run });
  return taskResponse(task, 200);
}

/** The schema of a finish's body. */
export const FINISH = {
  attempt: fields.attempt,
  holder: v.optional(fields.holder),
  status: v.picklist(
    ["succeeded", "failed", "cancelled"],
    'must be "succeeded", "failed" or "cancelled"',
  ),
  result: v.optional(fields.json),
  error: v.optional(fields.json),
  retry: v.optional(fields.flag),
  retryAfterSeconds: v.optional(fields.delaySeconds),
};

/** 200 with the ended task; 409 if this attempt is stale, or has ended differently. */
export async function finishTask(call: TaskCall): Promise<Response> {
  const body = await parseBody(call.request, FINISH);
  const { holder = null, result = null, error = null, ...rest } = body;
  if (result !== null && error !== null) {
    throw new ProblemError(
      "bad-request",
      "A task has either a result or an error: send one of them.",
    );
  }
  if (rest.status === "succeeded" && error !== null) {
    throw new ProblemError(
      "bad-request",
      'A task that succeeded has no error: send a result, or the status "failed".',
    );
  }
  const { task } = await commandTask(call, { type: "finish", ...rest, holder, result, error });
  return taskResponse(task, 200);
}

/** 200 with the task, which waits as if it had never been tried; 409 if it has not failed. */
export async function retryTask(call: TaskCall): Promise<Response> {
  await parseBody(call.request, {});
  const { task } = await commandTask(call, { type: "retry" });
  return taskResponse(task, 200);
}

/** 204 once nothing of the task is left; 409 if it has not ended. */
export async function forgetTask(call: TaskCall): Promise<Response> {
  await parseBody(call.request, {});
  const answer = await askObject(call, (object) => object.forget());
  if (answer.kind === "refused") throw refusalProblem(call.id, answer.refusal, answer.task);
  return new Response(null, { status: 204 });
}
