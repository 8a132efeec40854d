import type { TaskState } from "../../../worker-client/protocol.ts";
import type { Answer } from "./answer.ts";

/** The task as it is. */
export function stateAnswer(task: TaskState, status: number): Answer {
  return { status, text: JSON.stringify(task), isSignOfLife: true };
}
