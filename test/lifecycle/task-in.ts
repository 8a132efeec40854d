import type { Task } from "../../src/lifecycle/task.ts";
import type { TaskCommand } from "../../src/lifecycle/task-event.ts";
import { transition } from "../../src/lifecycle/transition.ts";
import type { TaskStatus } from "../../worker-client/protocol.ts";
import { AT } from "./at.ts";
import { changed } from "./changed.ts";
import { event } from "./event.ts";

/** A task that has come to a status, at the moments of `AT`; it was started once, by `holder-1`. */
export function taskIn(status: TaskStatus): Task {
  switch (status) {
    case "pending":
      return after(
        null,
        event.declare({ timeoutSeconds: 60, metadata: { by: "test" } }),
        "declared",
      );
    case "running":
      return after(taskIn("pending"), event.start(), "started");
    case "cancelling":
      return after(taskIn("running"), event.cancel({ reason: "enough" }), "cancelled");
    case "succeeded":
    case "failed":
      return after(taskIn("running"), event.finish(status), "ended");
    case "cancelled":
      return after(taskIn("cancelling"), event.finish("cancelled"), "ended");
    case "timed_out":
      return after(timedOutRun(), event.finish("cancelled"), "later");
  }
}

function timedOutRun(): Task {
  return changed(transition(taskIn("running"), event.timer, AT.started + 60_000));
}

function after(task: Task | null, command: TaskCommand, moment: keyof typeof AT): Task {
  return changed(transition(task, command, AT[moment]));
}
