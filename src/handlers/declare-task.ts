import type { IRequestStrict } from "itty-router";
import * as v from "valibot";
import type { Env } from "../env.ts";
import { fields } from "../http/fields.ts";
import { parseBody } from "../http/parse-body.ts";
import { taskIdOf } from "../http/task-id-of.ts";
import { taskResponse } from "../http/task-response.ts";
import { commandTask } from "./command-task.ts";

const DECLARATION = {
  timeoutSeconds: v.nullish(fields.timeoutSeconds, null),
  gracePeriodSeconds: v.nullish(fields.gracePeriodSeconds, null),
  retentionSeconds: v.nullish(fields.retentionSeconds, null),
  metadata: v.nullish(fields.metadata, {}),
};

/** 201 with the new task; 200 with the task as it is, if it was known. */
export async function declareTask(request: IRequestStrict, env: Env): Promise<Response> {
  const id = taskIdOf(request);
  const declaration = await parseBody(request, DECLARATION);
  const { kind, task } = await commandTask(env, id, { type: "declare", ...declaration });
  return kind === "changed"
    ? taskResponse(task, 201, { Location: `/v1/tasks/${id}` })
    : taskResponse(task, 200);
}
