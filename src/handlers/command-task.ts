import type { TaskCommand } from "../lifecycle/task-event.ts";
import type { CommandAnswer } from "../task/command-answer.ts";
import { askTaskObject } from "./ask-task-object.ts";
import { refusalProblem } from "./refusal-problem.ts";
import type { TaskCall } from "./task-call.ts";

type Done = Exclude<CommandAnswer, { kind: "refused" }>;

/** Carries a command to the task's object. A refusal is thrown as the problem to answer with. */
export async function commandTask(call: TaskCall, command: TaskCommand): Promise<Done> {
  const answer = await askTaskObject(call, (object) => object.command(command));
  if (answer.kind === "refused") throw refusalProblem(call.id, answer.refusal, answer.task);
  return answer;
}
