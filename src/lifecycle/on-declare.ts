import { newTask } from "./new-task.ts";
import type { CommandOutcome } from "./outcome.ts";
import type { Task } from "./task.ts";
import type { DeclareEvent } from "./task-event.ts";

/** The first declaration makes the task; whatever is known already stays as it is. */
export function onDeclare(task: Task | null, event: DeclareEvent, nowMs: number): CommandOutcome {
  if (task !== null) return { kind: "unchanged", task };
  const declared = newTask(nowMs, event);
  return { kind: "changed", task: { ...declared, revision: declared.revision + 1 } };
}
