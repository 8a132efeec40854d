import * as v from "valibot";
import type { TaskState } from "../../worker-client/protocol.ts";
import { parseBody } from "../http/body.ts";
import { fields } from "../http/fields.ts";
import { requestedFlag, requestedWait } from "../http/request.ts";
import { taskResponse } from "../http/response.ts";
import { askObject, commandTask } from "./ask-task.ts";
import { awaitTask } from "./read.ts";
import { goneProblem } from "./task-problems.ts";
import type { TaskCall } from "./task-route.ts";

/** The schema of a cancel's body. */
export const CANCEL = {
  reason: v.nullish(fields.reason, null),
  gracePeriodSeconds: v.nullish(fields.gracePeriodSeconds, null),
};

/** Room for a reason as long as a log, which is then cut: a cancel must not fail because of its reason. */
export const MAX_CANCEL_BYTES = 256 * 1024;

/**
 * 202 if the cancel is on record and the worker has yet to stop; 200 if the task has ended and, with
 * `?tree=true`, all of its descendants have as well.
 */
export async function cancelTask(call: TaskCall): Promise<Response> {
  const wait = requestedWait(call.request, call.env);
  const until = requestedFlag(call.request, "tree") ? "tree" : "end";
  const cancel = await parseBody(call.request, CANCEL, { maxBytes: MAX_CANCEL_BYTES });
  const { task } = await commandTask(call, {
    type: "cancel",
    requestedBy: call.caller.subject,
    ...cancel,
  });
  if (hasEnded(task, until) || wait === null) {
    return taskResponse(task, statusFor(task, until), wait?.headers);
  }
  const awaited = await awaitTask(call, { until, revision: task.revision }, wait.seconds);
  const later =
    awaited.kind === "told" ? awaited.task : await askObject(call, (object) => object.read());
  if (later === null) throw goneProblem(call.id);
  return taskResponse(later, statusFor(later, until), wait.headers);
}

type Until = "end" | "tree";

function statusFor(task: TaskState, until: Until): number {
  return hasEnded(task, until) ? 200 : 202;
}

function hasEnded({ endedAt, descendants }: TaskState, until: Until): boolean {
  if (endedAt === null) return false;
  return until === "end" || descendants === null || descendants.ended >= descendants.total;
}

/** `GET /cancel-task/:id`: returns the text `ok` once the cancel is on record or the task has ended. */
export async function plainCancel(call: TaskCall): Promise<Response> {
  await commandTask(call, {
    type: "cancel",
    reason: null,
    requestedBy: call.caller.subject,
    gracePeriodSeconds: null,
  });
  return new Response("ok");
}
