import type { IRequestStrict } from "itty-router";
import type { Env } from "../env.ts";
import { taskIdOf } from "../http/task-id-of.ts";
import { askTaskObject } from "./ask-task-object.ts";
import { refusalProblem } from "./refusal-problem.ts";

/** 204 when nothing of the task is left; 409 while it lives. */
export async function forgetTask(request: IRequestStrict, env: Env): Promise<Response> {
  const id = taskIdOf(request);
  const answer = await askTaskObject(env, id, (object) => object.forget());
  if (answer.kind === "refused") throw refusalProblem(id, answer.refusal, answer.task);
  return new Response(null, { status: 204 });
}
