import { isNamed } from "../name-patterns.ts";
import type { TaskCommand } from "./events.ts";
import type { Task } from "./task.ts";

/**
 * Whether a caller's token covers a task. `queues` are the patterns of a token that names only
 * queues. Undefined if the token names the task itself.
 */
export function isInReach(task: Task | null, queues: readonly string[] | undefined): boolean {
  if (queues === undefined) return true;
  return task !== null && task.queued !== null && isNamed(task.queued.name, queues);
}

/** Whether a caller may send this command to a task, or create one in a queue that its token names. */
export function mayAsk(
  task: Task | null,
  command: TaskCommand,
  queues: readonly string[] | undefined,
): boolean {
  if (task !== null || command.type !== "declare" || queues === undefined) {
    return isInReach(task, queues);
  }
  return command.queue !== undefined && isNamed(command.queue, queues);
}
