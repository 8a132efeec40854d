import { askTaskObject } from "./ask-task-object.ts";
import { refusalProblem } from "./refusal-problem.ts";
import type { TaskCall } from "./task-call.ts";

/** 204 when nothing of the task is left; 409 while it lives. */
export async function forgetTask(call: TaskCall): Promise<Response> {
  const answer = await askTaskObject(call, (object) => object.forget());
  if (answer.kind === "refused") throw refusalProblem(call.id, answer.refusal, answer.task);
  return new Response(null, { status: 204 });
}
