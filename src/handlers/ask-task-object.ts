import type { TaskStub } from "../task/task-stub.ts";
import type { TaskCall } from "./task-call.ts";

/**
 * Asks the object of a task. An object that went away under the question (a deploy, a move) is
 * asked once more, through a new stub: every command is safe to repeat. A busy one is not.
 */
export async function askTaskObject<Answer>(
  { reach }: TaskCall,
  ask: (object: TaskStub) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await ask(reach());
  } catch (error) {
    if (!isRetryable(error)) throw error;
    return await ask(reach());
  }
}

function isRetryable(error: unknown): boolean {
  if (!(error instanceof Error) || ("overloaded" in error && error.overloaded === true))
    return false;
  return "retryable" in error && error.retryable === true;
}
