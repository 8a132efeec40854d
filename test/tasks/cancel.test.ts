import assert from "node:assert/strict";
import { describe, expect, it } from "vitest";
import { withDelivery } from "../../src/tasks/cancellation.ts";
import { transition } from "../../src/tasks/lifecycle.ts";
import { toTaskState } from "../../src/tasks/task-state.ts";
import { nextTimerAtMs } from "../../src/tasks/timers.ts";
import { AT, changed, event, taskIn, UNTRIED } from "./harness.ts";

describe("cancel", () => {
  it("of a task that nobody has declared is recorded, and ends it", () => {
    const outcome = transition(
      null,
      event.cancel({ reason: "not needed", requestedBy: "ci@example" }),
      AT.cancelled,
    );
    expect(outcome).toEqual({
      kind: "changed",
      task: {
        status: "cancelled",
        revision: AT.cancelled + 1,
        attempt: 0,
        attempts: [],
        timeoutSeconds: null,
        gracePeriodSeconds: 30,
        retentionSeconds: 604_800,
        ...UNTRIED,
        metadata: {},
        createdAtMs: AT.cancelled,
        startedAtMs: null,
        endedAtMs: AT.cancelled,
        result: null,
        error: null,
        cancellation: {
          cause: "request",
          reason: "not needed",
          requestedBy: "ci@example",
          requestedAtMs: AT.cancelled,
          deliveredAtMs: null,
          acknowledgedAtMs: null,
          gracePeriodSeconds: null,
          graceFromMs: null,
        },
      },
    });
  });

  it("of a pending task ends it, for nobody has to stop", () => {
    const cancelled = changed(transition(taskIn("pending"), event.cancel(), AT.cancelled));
    expect(cancelled).toMatchObject({
      ...taskIn("pending"),
      status: "cancelled",
      revision: AT.declared + 2,
      startedAtMs: null,
      endedAtMs: AT.cancelled,
      cancellation: { cause: "request", requestedAtMs: AT.cancelled, gracePeriodSeconds: null },
    });
  });

  it("of a task that never ran has no grace period, also if one is asked for", () => {
    const cancel = event.cancel({ gracePeriodSeconds: 99 });
    const cancelled = changed(transition(taskIn("pending"), cancel, AT.cancelled));
    expect(cancelled).toMatchObject({ cancellation: { gracePeriodSeconds: null } });
  });

  it("of a running task makes it cancelling, and does not end it", () => {
    const cancel = event.cancel({ reason: "user pressed stop", requestedBy: "ci@example" });
    expect(changed(transition(taskIn("running"), cancel, AT.cancelled))).toEqual({
      ...taskIn("running"),
      status: "cancelling",
      revision: AT.declared + 3,
      cancellation: {
        cause: "request",
        reason: "user pressed stop",
        requestedBy: "ci@example",
        requestedAtMs: AT.cancelled,
        deliveredAtMs: null,
        acknowledgedAtMs: null,
        gracePeriodSeconds: 30,
        graceFromMs: null,
      },
    });
  });

  it.each([5, 0])("may override the task's own grace period, with %d seconds", (seconds) => {
    const cancel = event.cancel({ gracePeriodSeconds: seconds });
    const cancelling = changed(transition(taskIn("running"), cancel, AT.cancelled));
    expect(cancelling).toMatchObject({
      gracePeriodSeconds: 30,
      cancellation: { gracePeriodSeconds: seconds },
    });
  });

  it("takes the grace period that the task was declared with", () => {
    const declared = transition(null, event.declare({ gracePeriodSeconds: 7 }), AT.declared);
    const running = changed(transition(changed(declared), event.start(), AT.started));
    const cancelling = changed(transition(running, event.cancel(), AT.cancelled));
    expect(cancelling).toMatchObject({ cancellation: { gracePeriodSeconds: 7 } });
  });

  it.each(["cancelling", "succeeded", "cancelled", "timed_out"] as const)(
    "of a %s task changes nothing: the first one's reason and time stay",
    (status) => {
      const second = event.cancel({ reason: "me too", requestedBy: "b" });
      const outcome = transition(taskIn(status), second, AT.later);
      expect(outcome).toEqual({ kind: "unchanged", task: taskIn(status) });
    },
  );

  it("of a failed task is recorded, so that it does not run again, and it stays failed", () => {
    const cancel = event.cancel({ reason: "give it up", gracePeriodSeconds: 5 });
    const cancelled = changed(transition(taskIn("failed"), cancel, AT.later));
    expect(cancelled).toEqual({
      ...taskIn("failed"),
      revision: taskIn("failed").revision + 1,
      cancellation: {
        cause: "request",
        reason: "give it up",
        requestedBy: null,
        requestedAtMs: AT.later,
        deliveredAtMs: null,
        acknowledgedAtMs: null,
        gracePeriodSeconds: null,
        graceFromMs: null,
      },
    });
    const again = transition(cancelled, event.cancel({ reason: "again" }), AT.later);
    expect(again).toEqual({ kind: "unchanged", task: cancelled });
  });
});

describe("a later cancel", () => {
  const HALF_WAY = AT.cancelled + 15_000;
  const hurry = (gracePeriodSeconds: number | null, atMs: number, task = taskIn("cancelling")) =>
    transition(
      task,
      event.cancel({ reason: "now!", requestedBy: "boss", gracePeriodSeconds }),
      atMs,
    );

  it.each([10, 0])("shortens what is left to %d seconds from then, and nothing else", (seconds) => {
    const task = taskIn("cancelling");
    assert(task.status === "cancelling");
    const shortened = changed(hurry(seconds, HALF_WAY));
    expect(shortened).toEqual({
      ...task,
      revision: task.revision + 1,
      cancellation: {
        ...task.cancellation,
        gracePeriodSeconds: seconds,
        graceFromMs: HALF_WAY,
      },
    });
    expect(nextTimerAtMs(shortened)).toBe(HALF_WAY + seconds * 1000);
  });

  it.each([
    ["as long", 30, AT.cancelled],
    ["longer", 31, AT.cancelled],
    ["shorter, and would end later", 16, HALF_WAY],
    ["as it is: nobody said how long", null, HALF_WAY],
    ["longer, by a clock that was set back", 40, AT.cancelled - 60_000],
  ] as const)("changes nothing where the grace period would be %s", (_, seconds, atMs) => {
    expect(hurry(seconds, atMs)).toEqual({ kind: "unchanged", task: taskIn("cancelling") });
  });

  it("may shorten again, and hurries after a deadline too", () => {
    const once = changed(hurry(10, AT.cancelled));
    expect(nextTimerAtMs(changed(hurry(2, AT.cancelled, once)))).toBe(AT.cancelled + 2000);
    const overdue = changed(transition(taskIn("running"), event.timer, AT.started + 60_000));
    expect(changed(hurry(1, AT.started + 60_000, overdue))).toMatchObject({
      cancellation: { cause: "timeout", gracePeriodSeconds: 1 },
    });
  });
});

describe("withDelivery", () => {
  it.each(["cancelling", "cancelled", "timed_out"] as const)(
    "notes on the receipt of a %s task when the cancel was handed out, without a new revision",
    (status) => {
      const task = taskIn(status);
      const delivered = withDelivery(task, AT.later);
      expect(delivered).toMatchObject({
        revision: task.revision,
        cancellation: { deliveredAtMs: AT.later },
      });
    },
  );

  it("lets the grace period of a cancelling task count from then: the worker hears of it now", () => {
    const delivered = withDelivery(taskIn("cancelling"), AT.cancelled + 20_000);
    expect(nextTimerAtMs(delivered)).toBe(AT.cancelled + 50_000);
    const setBack = withDelivery(taskIn("cancelling"), AT.cancelled - 20_000);
    expect(nextTimerAtMs(setBack)).toBe(AT.cancelled + 30_000);
  });

  it("lets a shortened grace period count from then, too", () => {
    const cancel = event.cancel({ gracePeriodSeconds: 5 });
    const shortened = changed(transition(taskIn("cancelling"), cancel, AT.cancelled + 1000));
    const delivered = withDelivery(shortened, AT.cancelled + 4000);
    expect(nextTimerAtMs(delivered)).toBe(AT.cancelled + 9000);
  });

  it.each(["cancelled", "timed_out"] as const)("moves no end of grace of a %s task", (status) => {
    const task = taskIn(status);
    const before = toTaskState("1", task, 0).cancellation?.graceEndsAt;
    const delivered = toTaskState("1", withDelivery(task, AT.later), 0);
    expect(delivered.cancellation).toMatchObject({
      graceEndsAt: before,
      deliveredAt: expect.any(String),
    });
  });

  it("notes the first time only", () => {
    const delivered = withDelivery(taskIn("cancelling"), AT.cancelled);
    expect(withDelivery(delivered, AT.later)).toBe(delivered);
  });

  it("notes it on a cancel that came too late, too", () => {
    const done = changed(transition(taskIn("cancelling"), event.finish("succeeded"), AT.ended));
    expect(withDelivery(done, AT.later)).toMatchObject({
      status: "succeeded",
      cancellation: { deliveredAtMs: AT.later },
    });
  });

  it.each(["pending", "running", "succeeded", "failed"] as const)(
    "gives a %s task back as it is: there is no cancel to hand out",
    (status) => {
      const task = taskIn(status);
      expect(withDelivery(task, AT.later)).toBe(task);
    },
  );
});
