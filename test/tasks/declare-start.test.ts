import { describe, expect, it } from "vitest";
import { transition } from "../../src/tasks/lifecycle.ts";
import { nextTimerAtMs } from "../../src/tasks/timers.ts";
import { AT, attemptOf, changed, event, STATUSES, taskIn, UNTRIED } from "./harness.ts";

describe("declare", () => {
  it("makes an unknown task pending, at a revision that begins with the clock, and before its first attempt", () => {
    expect(transition(null, event.declare(), AT.declared)).toEqual({
      kind: "changed",
      task: {
        status: "pending",
        revision: AT.declared + 1,
        attempt: 0,
        attempts: [],
        timeoutSeconds: null,
        gracePeriodSeconds: 30,
        retentionSeconds: 604_800,
        ...UNTRIED,
        metadata: {},
        createdAtMs: AT.declared,
        startedAtMs: null,
      },
    });
  });

  it("keeps the settings that it is given", () => {
    const settings = {
      timeoutSeconds: 90,
      gracePeriodSeconds: 5,
      retentionSeconds: 60,
      metadata: { owner: "ci", labels: ["a", 1, null] },
    };
    const outcome = transition(null, event.declare(settings), AT.declared);
    expect(outcome).toMatchObject({ kind: "changed", task: settings });
  });

  it("takes a grace period and a retention of 0 seconds for what they are", () => {
    const settings = { gracePeriodSeconds: 0, retentionSeconds: 0 };
    const outcome = transition(null, event.declare(settings), AT.declared);
    expect(outcome).toMatchObject({ kind: "changed", task: settings });
  });

  it.each(STATUSES)("leaves a %s task as it is", (status) => {
    const task = taskIn(status);
    const outcome = transition(task, event.declare({ timeoutSeconds: 1 }), AT.later);
    expect(outcome).toEqual({ kind: "unchanged", task: taskIn(status) });
  });
});

describe("start", () => {
  it("makes an unknown task, running at attempt 1", () => {
    expect(transition(null, event.start("a"), AT.started)).toEqual({
      kind: "changed",
      task: {
        status: "running",
        revision: AT.started + 1,
        attempt: 1,
        attempts: [attemptOf("a")],
        timeoutSeconds: null,
        gracePeriodSeconds: 30,
        retentionSeconds: 604_800,
        ...UNTRIED,
        metadata: {},
        createdAtMs: AT.started,
        startedAtMs: AT.started,
        leaseSeconds: null,
        heardAtMs: AT.started,
      },
    });
  });

  it("runs a pending task with the settings it was declared with", () => {
    const outcome = transition(taskIn("pending"), event.start("a"), AT.started);
    expect(changed(outcome)).toEqual({
      ...taskIn("pending"),
      status: "running",
      revision: AT.declared + 2,
      attempt: 1,
      attempts: [attemptOf("a")],
      startedAtMs: AT.started,
      leaseSeconds: null,
      heardAtMs: AT.started,
    });
  });

  it("gives the same holder the same attempt again", () => {
    const outcome = transition(taskIn("running"), event.start("holder-1"), AT.later);
    expect(outcome).toEqual({ kind: "unchanged", task: taskIn("running") });
  });

  it("gives another holder the next attempt", () => {
    const outcome = transition(taskIn("running"), event.start("holder-2"), AT.later);
    expect(changed(outcome)).toEqual({
      ...taskIn("running"),
      revision: AT.declared + 3,
      attempt: 2,
      attempts: [
        attemptOf("holder-1", { endedAtMs: AT.later, outcome: "fenced" }),
        attemptOf("holder-2", { attempt: 2, startedAtMs: AT.later }),
      ],
      heardAtMs: AT.later,
    });
  });

  it("keeps the first start, so that the deadline holds for the task and not for each try", () => {
    const second = changed(transition(taskIn("running"), event.start("holder-2"), AT.later));
    expect(second).toMatchObject({ startedAtMs: AT.started });
  });

  it("is refused to a holder that was fenced: its start was delayed, and it runs no more", () => {
    const second = changed(transition(taskIn("running"), event.start("holder-2"), AT.later));
    const outcome = transition(second, event.start("holder-1"), AT.later);
    expect(outcome).toEqual({ kind: "refused", refusal: "fenced", task: second });
  });

  it("answers the holder of a cancelling task with the task as it is", () => {
    const outcome = transition(taskIn("cancelling"), event.start("holder-1"), AT.later);
    expect(outcome).toEqual({ kind: "unchanged", task: taskIn("cancelling") });
  });

  it("is refused on a cancelling task for another holder", () => {
    const outcome = transition(taskIn("cancelling"), event.start("holder-2"), AT.later);
    expect(outcome).toEqual({
      kind: "refused",
      refusal: "cancelling",
      task: taskIn("cancelling"),
    });
  });

  it.each(["succeeded", "cancelled", "timed_out"] as const)(
    "is refused on a %s task, whoever comes",
    (status) => {
      for (const holder of ["holder-1", "holder-2"]) {
        const outcome = transition(taskIn(status), event.start(holder), AT.later);
        expect(outcome).toEqual({ kind: "refused", refusal: "closed", task: taskIn(status) });
      }
    },
  );
});

describe("start of a failed task", () => {
  const failed = changed(
    transition(taskIn("running"), event.finish("failed", { error: "no space" }), AT.ended),
  );

  it("by another holder runs it again, as the next attempt and with its whole time", () => {
    const again = changed(transition(failed, event.start("holder-2"), AT.later));
    expect(again).toEqual({
      ...taskIn("running"),
      revision: failed.revision + 1,
      attempt: 2,
      attempts: [
        attemptOf("holder-1", { endedAtMs: AT.ended, outcome: "failed", error: "no space" }),
        attemptOf("holder-2", { attempt: 2, startedAtMs: AT.later }),
      ],
      startedAtMs: AT.later,
      heardAtMs: AT.later,
    });
    // Neither its retention nor a deadline that has passed ends it.
    expect(nextTimerAtMs(again)).toBe(AT.later + 60_000);
    expect(transition(again, event.timer, AT.later)).toEqual({ kind: "nothing_due" });
  });

  it("makes a task that can be cancelled and ends as any other", () => {
    const again = changed(transition(failed, event.start("holder-2"), AT.later));
    expect(changed(transition(again, event.cancel(), AT.later))).toMatchObject({
      status: "cancelling",
    });
    const finish = event.finish("succeeded", { attempt: 2, holder: "holder-2" });
    expect(changed(transition(again, finish, AT.later))).toMatchObject({ status: "succeeded" });
    const late = event.finish("failed", { holder: "holder-1" });
    expect(transition(again, late, AT.later)).toMatchObject({ refusal: "stale_attempt" });
  });

  it("by the holder that failed is refused: its run is over", () => {
    const outcome = transition(failed, event.start("holder-1"), AT.later);
    expect(outcome).toEqual({ kind: "refused", refusal: "closed", task: failed });
  });

  it("by a holder that was fenced before is refused", () => {
    const second = changed(transition(taskIn("running"), event.start("holder-2"), AT.started));
    const failure = event.finish("failed", { attempt: 2 });
    const secondFailed = changed(transition(second, failure, AT.ended));
    const outcome = transition(secondFailed, event.start("holder-1"), AT.later);
    expect(outcome).toEqual({ kind: "refused", refusal: "fenced", task: secondFailed });
  });

  it.each([
    ["before it failed", transition(taskIn("cancelling"), event.finish("failed"), AT.ended)],
    ["after it failed", transition(taskIn("failed"), event.cancel(), AT.later)],
  ])("is refused if it was cancelled %s: a cancel beats every retry", (_, outcome) => {
    const task = changed(outcome);
    expect(task.status).toBe("failed");
    const start = transition(task, event.start("holder-2"), AT.later);
    expect(start).toEqual({ kind: "refused", refusal: "closed", task });
  });
});

describe("the history of attempts", () => {
  it("keeps the last 20, oldest first", () => {
    let task = taskIn("running");
    for (let attempt = 2; attempt <= 25; attempt++) {
      task = changed(transition(task, event.start(`holder-${attempt}`), AT.later));
    }
    expect(task.attempts.map(({ attempt }) => attempt)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 6),
    );
  });

  it.each([
    ["e".repeat(1022), "e".repeat(1022)],
    ["e".repeat(1023), `${"e".repeat(256)}…`],
    [{ type: "x", stack: "y".repeat(2000) }, `{"type":"x","stack":"${"y".repeat(235)}…`],
    [`${"e".repeat(255)}\u{1F6D1}${"e".repeat(999)}`, `${"e".repeat(255)}…`],
  ])("keeps an error as it is up to 1 KiB, and then its beginning", (error, kept) => {
    const failed = changed(
      transition(taskIn("running"), event.finish("failed", { error }), AT.ended),
    );
    expect(failed).toMatchObject({ error, attempts: [{ error: kept }] });
  });
});
