import type { TaskState } from "../../worker-client/protocol.ts";
import { taskState } from "./task-state.ts";

/** A task that somebody has cancelled while it ran. */
export function cancellingTask(id: string, differences: Partial<TaskState> = {}): TaskState {
  return taskState(id, {
    status: "cancelling",
    revision: 2,
    cancellation: {
      cause: "request",
      reason: "wrong data",
      requestedBy: null,
      requestedAt: "2026-08-15T12:00:01.000Z",
      deliveredAt: "2026-08-15T12:00:01.000Z",
      acknowledgedAt: null,
      graceEndsAt: "2026-08-15T12:00:31.000Z",
    },
    ...differences,
  });
}
