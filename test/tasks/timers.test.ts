import { describe, expect, it } from "vitest";
import { transition } from "../../src/tasks/lifecycle.ts";
import { nextTimerAtMs } from "../../src/tasks/timers.ts";
import { AT, changed, ENDED_STATUSES, event, taskIn } from "./harness.ts";

const DEADLINE_AT_MS = AT.started + 60_000;
const GRACE_ENDS_AT_MS = AT.cancelled + 30_000;
const RETENTION_MS = 604_800_000;

describe("a timer", () => {
  it("has nothing to do for an unknown task", () => {
    expect(transition(null, event.timer, AT.later)).toEqual({ kind: "nothing_due" });
  });

  it("has nothing to do for a pending task, however old", () => {
    expect(nextTimerAtMs(taskIn("pending"))).toBeNull();
    const outcome = transition(taskIn("pending"), event.timer, Number.MAX_SAFE_INTEGER);
    expect(outcome).toEqual({ kind: "nothing_due" });
  });

  it("has nothing to do for a running task without a timeout", () => {
    const running = changed(transition(null, event.start(), AT.started));
    expect(nextTimerAtMs(running)).toBeNull();
    const outcome = transition(running, event.timer, Number.MAX_SAFE_INTEGER);
    expect(outcome).toEqual({ kind: "nothing_due" });
  });
});

describe("the deadline", () => {
  it("is timeoutSeconds after the start", () => {
    expect(nextTimerAtMs(taskIn("running"))).toBe(DEADLINE_AT_MS);
  });

  it("does nothing a millisecond early", () => {
    const outcome = transition(taskIn("running"), event.timer, DEADLINE_AT_MS - 1);
    expect(outcome).toEqual({ kind: "nothing_due" });
  });

  it("cancels the running task, with the cause timeout and the task's grace period", () => {
    expect(changed(transition(taskIn("running"), event.timer, DEADLINE_AT_MS))).toEqual({
      ...taskIn("running"),
      status: "cancelling",
      revision: AT.declared + 3,
      cancellation: {
        cause: "timeout",
        reason: "ran longer than its timeoutSeconds (60)",
        requestedBy: null,
        requestedAtMs: DEADLINE_AT_MS,
        deliveredAtMs: null,
        acknowledgedAtMs: null,
        gracePeriodSeconds: 30,
        graceFromMs: null,
      },
    });
  });

  it("that is noticed late still leaves the worker its whole grace period", () => {
    const cancelling = changed(transition(taskIn("running"), event.timer, AT.later));
    expect(nextTimerAtMs(cancelling)).toBe(AT.later + 30_000);
  });

  it("no longer counts once the task is cancelled by request", () => {
    expect(nextTimerAtMs(taskIn("cancelling"))).toBe(GRACE_ENDS_AT_MS);
  });

  it("that passes without a word from the worker ends the task as timed_out", () => {
    const cancelling = changed(transition(taskIn("running"), event.timer, DEADLINE_AT_MS));
    const over = transition(cancelling, event.timer, DEADLINE_AT_MS + 30_000);
    expect(changed(over)).toMatchObject({
      status: "timed_out",
      endedAtMs: DEADLINE_AT_MS + 30_000,
      cancellation: { cause: "timeout", acknowledgedAtMs: null },
    });
  });
});

describe("the end of grace", () => {
  it("does nothing a millisecond early", () => {
    const outcome = transition(taskIn("cancelling"), event.timer, GRACE_ENDS_AT_MS - 1);
    expect(outcome).toEqual({ kind: "nothing_due" });
  });

  it("ends the task as cancelled, though nobody confirmed", () => {
    const outcome = transition(taskIn("cancelling"), event.timer, GRACE_ENDS_AT_MS);
    expect(changed(outcome)).toMatchObject({
      status: "cancelled",
      revision: AT.declared + 4,
      endedAtMs: GRACE_ENDS_AT_MS,
      result: null,
      error: null,
      cancellation: { reason: "enough", acknowledgedAtMs: null },
    });
  });

  it("comes at once after a grace period of 0 seconds", () => {
    const cancel = event.cancel({ gracePeriodSeconds: 0 });
    const cancelling = changed(transition(taskIn("running"), cancel, AT.cancelled));
    expect(nextTimerAtMs(cancelling)).toBe(AT.cancelled);
    expect(changed(transition(cancelling, event.timer, AT.cancelled))).toMatchObject({
      status: "cancelled",
    });
  });
});

describe("the end of retention", () => {
  it.each(ENDED_STATUSES)("of a %s task forgets it, and not a millisecond early", (status) => {
    const endedAtMs = status === "timed_out" ? AT.later : AT.ended;
    const task = taskIn(status);
    expect(nextTimerAtMs(task)).toBe(endedAtMs + RETENTION_MS);
    expect(transition(task, event.timer, endedAtMs + RETENTION_MS - 1)).toEqual({
      kind: "nothing_due",
    });
    expect(transition(task, event.timer, endedAtMs + RETENTION_MS)).toEqual({
      kind: "forgotten",
    });
  });

  it("counts for a task that was cancelled before anybody started it", () => {
    const cancelled = changed(transition(null, event.cancel(), AT.cancelled));
    expect(nextTimerAtMs(cancelled)).toBe(AT.cancelled + RETENTION_MS);
  });

  it("comes at once after a retention of 0 seconds", () => {
    const declared = changed(transition(null, event.declare({ retentionSeconds: 0 }), AT.declared));
    const cancelled = changed(transition(declared, event.cancel(), AT.cancelled));
    expect(transition(cancelled, event.timer, AT.cancelled)).toEqual({ kind: "forgotten" });
  });
});
