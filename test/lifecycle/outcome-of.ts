import type { CommandOutcome, ForgetOutcome, TimerOutcome } from "../../src/lifecycle/outcome.ts";
import type { Task } from "../../src/lifecycle/task.ts";
import type { TaskEvent } from "../../src/lifecycle/task-event.ts";
import { transition } from "../../src/lifecycle/transition.ts";

export type AnyOutcome = CommandOutcome | ForgetOutcome | TimerOutcome;

/** What comes of any event; `transition` itself takes one kind of event at a time. */
export function outcomeOf(task: Task | null, event: TaskEvent, nowMs: number): AnyOutcome {
  switch (event.type) {
    case "forget":
      return transition(task, event, nowMs);
    case "timer":
      return transition(task, event, nowMs);
    default:
      return transition(task, event, nowMs);
  }
}
