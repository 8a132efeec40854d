import type { TaskStub } from "../task/task-stub.ts";
import { unknownProblem } from "./unknown-problem.ts";

/**
 * Stands in for the object of a task that the caller's token does not cover: it answers as if nobody
 * knew the task, whether it exists or not. Only a watch is not parked: who has the wrong token would
 * wait for ever without a word.
 */
export function unknownTask(id: string): TaskStub {
  return {
    read: async () => null,
    command: async () => ({ kind: "refused", refusal: "unknown", task: null }),
    forget: async () => ({ kind: "forgotten" }),
    fetch: async () => {
      throw unknownProblem(id);
    },
  };
}
