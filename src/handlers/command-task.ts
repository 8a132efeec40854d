import type { Env } from "../env.ts";
import type { TaskCommand } from "../lifecycle/task-event.ts";
import type { CommandAnswer } from "../task/command-answer.ts";
import { askTaskObject } from "./ask-task-object.ts";
import { refusalProblem } from "./refusal-problem.ts";

type Done = Exclude<CommandAnswer, { kind: "refused" }>;

/** Carries a command to the task's object. A refusal is thrown as the problem to answer with. */
export async function commandTask(env: Env, id: string, command: TaskCommand): Promise<Done> {
  const answer = await askTaskObject(env, id, (object) => object.command(command));
  if (answer.kind === "refused") throw refusalProblem(id, answer.refusal, answer.task);
  return answer;
}
