import { runInDurableObject } from "cloudflare:test";
import { assert } from "vitest";
import type { TaskCommand } from "../../src/lifecycle/task-event.ts";
import { TaskObject } from "../../src/task/task-object.ts";
import type { DeclareRequest, TaskState, TaskStatus } from "../../worker-client/protocol.ts";
import { objectOf } from "./object-of.ts";

/**
 * Brings a new task to a status; the holder of its one attempt is `holder-1`. The commands go to the
 * object itself: the test pool's way through the Worker gets slower with every request of a file.
 */
export function bring(
  id: string,
  status: Exclude<TaskStatus, "timed_out">,
  settings: DeclareRequest = {},
): Promise<TaskState> {
  return runInDurableObject(objectOf(id), async (object) => {
    assert(object instanceof TaskObject);
    let task: TaskState | null = null;
    for (const command of commandsTo(status, settings)) {
      const answer = await object.command(command);
      assert(answer.kind === "changed");
      task = answer.task;
    }
    assert(task?.status === status);
    return task;
  });
}

function commandsTo(
  status: Exclude<TaskStatus, "timed_out">,
  settings: DeclareRequest,
): TaskCommand[] {
  switch (status) {
    case "pending": {
      const {
        timeoutSeconds = null,
        gracePeriodSeconds = null,
        retentionSeconds = null,
        metadata = {},
      } = settings;
      return [{ type: "declare", timeoutSeconds, gracePeriodSeconds, retentionSeconds, metadata }];
    }
    case "running":
      return [...commandsTo("pending", settings), { type: "start", holder: "holder-1" }];
    case "cancelling":
      return [
        ...commandsTo("running", settings),
        { type: "cancel", reason: null, requestedBy: null, gracePeriodSeconds: null },
      ];
    case "succeeded":
    case "failed":
    case "cancelled":
      return [
        ...commandsTo(status === "cancelled" ? "cancelling" : "running", settings),
        { type: "finish", attempt: 1, holder: null, status, result: null, error: null },
      ];
  }
}
