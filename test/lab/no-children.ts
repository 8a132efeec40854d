import type { TaskPort } from "../../src/tasks/task-port.ts";

/** What a task's port has of other tasks, where there are none. */
export const ALONE: Pick<TaskPort, "children" | "reach" | "tombstone"> = {
  tombstone: () => null,
  children: {
    loadFamily: () => null,
    storeFamily() {},
    child: () => null,
    store() {},
    drop() {},
    livingAfter: () => [],
    newest: () => [],
    count: () => 0,
    dropSettled() {},
  },
  reach: (id) => {
    throw new Error(`there is no task ${id}`);
  },
};
