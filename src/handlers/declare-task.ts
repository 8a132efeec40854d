import * as v from "valibot";
import { fields } from "../http/fields.ts";
import { parseBody } from "../http/parse-body.ts";
import { taskResponse } from "../http/task-response.ts";
import { commandTask } from "./command-task.ts";
import type { TaskCall } from "./task-call.ts";

const DECLARATION = {
  timeoutSeconds: v.nullish(fields.timeoutSeconds, null),
  gracePeriodSeconds: v.nullish(fields.gracePeriodSeconds, null),
  retentionSeconds: v.nullish(fields.retentionSeconds, null),
  metadata: v.nullish(fields.metadata, {}),
};

/** 201 with the new task; 200 with the task as it is, if it was known. */
export async function declareTask(call: TaskCall): Promise<Response> {
  const declaration = await parseBody(call.request, DECLARATION);
  const { kind, task } = await commandTask(call, { type: "declare", ...declaration });
  return kind === "changed"
    ? taskResponse(task, 201, { Location: `/v1/tasks/${call.id}` })
    : taskResponse(task, 200);
}
