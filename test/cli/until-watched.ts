import type { TaskClient, TaskState } from "../../worker-client/index.ts";
import { eventually } from "../client/suite/eventually.ts";

/** Waits until somebody watches a task. */
export async function untilWatched(tasks: TaskClient, id: string): Promise<TaskState | null> {
  return eventually(
    () => tasks.get(id),
    (task) => (task?.watchers ?? 0) > 0,
  );
}
