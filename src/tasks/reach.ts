import { isNamed } from "../name-patterns.ts";
import type { TaskCommand } from "./events.ts";
import type { Task } from "./task.ts";

/**
 * Whether a caller's token reaches a task, where it names only queues: `queues` are its patterns. Others
 * name the task itself, and have undefined here.
 */
export function isInReach(task: Task | null, queues: readonly string[] | undefined): boolean {
  if (queues === undefined) return true;
  return task !== null && task.queued !== null && isNamed(task.queued.name, queues);
}

/** Whether a caller may ask this of a task: also to make one, in a queue that its token names. */
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
