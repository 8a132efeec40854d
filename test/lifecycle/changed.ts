import assert from "node:assert/strict";
import type { CommandOutcome, TimerOutcome } from "../../src/lifecycle/outcome.ts";
import type { Task } from "../../src/lifecycle/task.ts";

/** The task that came of an event, which must have changed it. */
export function changed(outcome: CommandOutcome | TimerOutcome): Task {
  assert.equal(outcome.kind, "changed");
  return outcome.task;
}
