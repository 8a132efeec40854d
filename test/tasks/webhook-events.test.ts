import { assert, describe, expect, it } from "vitest";
import { withEvents } from "../../src/tasks/effects.ts";
import type { TaskEvent } from "../../src/tasks/events.ts";
import { transition } from "../../src/tasks/lifecycle.ts";
import type { Task } from "../../src/tasks/task.ts";
import { toTaskState } from "../../src/tasks/task-state.ts";
import type { WebhookEvent } from "../../worker-client/protocol-webhooks.ts";
import { AT, changed, event, outcomeOf, taskIn } from "./harness.ts";

/** The events of a change. */
function happened(before: Task | null, after: Task): readonly string[] {
  const told = { atMs: AT.later, state: toTaskState("1", after, 0), isWanted: () => true };
  return withEvents(before, after, told).outbox.map(({ effect }) =>
    effect.type === "event" ? effect.event : effect.type,
  );
}

/** What webhooks are told when this happens to a task, an hour after all else. */
function eventsOf(before: Task | null, ...happenings: readonly TaskEvent[]): readonly string[] {
  let task = before;
  return happenings.flatMap((happening) => {
    const earlier = task;
    const outcome = outcomeOf(earlier, happening, AT.later);
    assert(outcome.kind === "changed");
    task = outcome.task;
    return happened(earlier, outcome.task);
  });
}

const leased = (maxAttempts: number) =>
  changed(transition(null, event.start("a", { leaseSeconds: 60, maxAttempts }), AT.started));

describe("webhooks are told", () => {
  it.each<[string, readonly string[], readonly WebhookEvent[]]>([
    ["of nothing when a task is declared", eventsOf(null, event.declare()), []],
    ["of a start", eventsOf(taskIn("pending"), event.start()), ["task.started"]],
    ["of a start that declares", eventsOf(null, event.start()), ["task.started"]],
    ["of a start that takes over", eventsOf(taskIn("running"), event.start("b")), ["task.started"]],
    [
      "of a failed task's new start",
      eventsOf(taskIn("failed"), event.start("b")),
      ["task.started"],
    ],
    ["of a cancel of a run", eventsOf(taskIn("running"), event.cancel()), ["task.cancelling"]],
    ["of a deadline", eventsOf(taskIn("running"), event.timer), ["task.cancelling"]],
    ["of a cancel that ends", eventsOf(taskIn("pending"), event.cancel()), ["task.ended"]],
    ["of a cancel of nothing yet", eventsOf(null, event.cancel()), ["task.ended"]],
    ["of an end", eventsOf(taskIn("running"), event.finish("succeeded")), ["task.ended"]],
    ["of a failure", eventsOf(taskIn("running"), event.finish("failed")), ["task.ended"]],
    ["of the end of grace", eventsOf(taskIn("cancelling"), event.timer), ["task.ended"]],
    ["of a lost run with more to come", eventsOf(leased(2), event.timer), ["task.lost"]],
    ["of the last lost run", eventsOf(leased(1), event.timer), ["task.lost", "task.ended"]],
    [
      "once of a loss, though the lost worker has succeeded",
      eventsOf(leased(2), event.timer, event.finish("succeeded")),
      ["task.lost", "task.ended"],
    ],
    ["of nothing when a failed task is cancelled", eventsOf(taskIn("failed"), event.cancel()), []],
  ])("%s", (_, events, expected) => {
    expect(events).toEqual(expected);
  });

  it("once of a cancel, though it is hurried", () => {
    const before = taskIn("cancelling");
    const hurry = event.cancel({ gracePeriodSeconds: 1 });
    expect(happened(before, changed(transition(before, hurry, AT.cancelled + 1)))).toEqual([]);
  });

  it("of what they want, and of nothing else", () => {
    const before = taskIn("running");
    const after = changed(transition(before, event.cancel(), AT.later));
    const told = { atMs: AT.later, state: toTaskState("1", after, 0) };
    expect(withEvents(before, after, { ...told, isWanted: () => false })).toBe(after);
  });

  it("of the last twenty events, if nobody takes them for so long", () => {
    let task = taskIn("running");
    for (let run = 2; run <= 30; run++) {
      const next = changed(transition(task, event.start(`holder-${run}`), AT.later));
      const state = toTaskState("1", next, 0);
      task = withEvents(task, next, { atMs: AT.later, state, isWanted: () => true });
    }
    const attempts = task.outbox.map(
      ({ effect }) => effect.type === "event" && effect.state.attempt,
    );
    expect(attempts).toEqual(Array.from({ length: 20 }, (_, index) => index + 11));
  });
});
