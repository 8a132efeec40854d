import { describe, expect, it } from "vitest";
import { transition } from "../../src/tasks/lifecycle.ts";
import { nextTimerAtMs } from "../../src/tasks/timers.ts";
import { AT, attemptOf, changed, ENDED_STATUSES, event, taskIn } from "./harness.ts";

const REPORTS = ["succeeded", "failed", "cancelled"] as const;

describe("finish", () => {
  it.each(REPORTS)("as %s is refused where no task is known", (report) => {
    const outcome = transition(null, event.finish(report), AT.ended);
    expect(outcome).toEqual({ kind: "refused", refusal: "unknown", task: null });
  });

  it.each(REPORTS)("as %s is refused before the task was started", (report) => {
    const outcome = transition(taskIn("pending"), event.finish(report), AT.ended);
    expect(outcome).toEqual({
      kind: "refused",
      refusal: "not_started",
      task: taskIn("pending"),
    });
  });

  it("as succeeded ends a running task with its result", () => {
    const finish = event.finish("succeeded", { result: { lines: 3 } });
    expect(changed(transition(taskIn("running"), finish, AT.ended))).toEqual({
      ...taskIn("pending"),
      startedAtMs: AT.started,
      attempt: 1,
      status: "succeeded",
      revision: AT.declared + 3,
      attempts: [attemptOf("holder-1", { endedAtMs: AT.ended, outcome: "succeeded" })],
      endedAtMs: AT.ended,
      result: { lines: 3 },
      error: null,
      cancellation: null,
    });
  });

  it("as failed ends a running task with its error", () => {
    const finish = event.finish("failed", { error: "out of memory" });
    expect(changed(transition(taskIn("running"), finish, AT.ended))).toMatchObject({
      status: "failed",
      revision: AT.declared + 3,
      endedAtMs: AT.ended,
      result: null,
      error: "out of memory",
      attempts: [{ outcome: "failed", endedAtMs: AT.ended, error: "out of memory" }],
      cancellation: null,
    });
  });

  it.each(["running", "cancelling"] as const)(
    "of a %s task counts only from the holder of the attempt, if it says who it is",
    (status) => {
      const late = event.finish("failed", { holder: "of-an-earlier-life" });
      expect(transition(taskIn(status), late, AT.ended)).toEqual({
        kind: "refused",
        refusal: "stale_attempt",
        task: taskIn(status),
      });
      const own = event.finish("failed", { holder: "holder-1" });
      expect(changed(transition(taskIn(status), own, AT.ended))).toMatchObject({
        status: "failed",
      });
    },
  );

  it("as cancelled is refused on a running task: nobody has cancelled it", () => {
    const outcome = transition(taskIn("running"), event.finish("cancelled"), AT.ended);
    expect(outcome).toEqual({
      kind: "refused",
      refusal: "not_cancelled",
      task: taskIn("running"),
    });
  });

  it("as cancelled acknowledges the cancel of a cancelling task", () => {
    const finish = event.finish("cancelled", { error: "stopped at line 3" });
    expect(changed(transition(taskIn("cancelling"), finish, AT.ended))).toMatchObject({
      status: "cancelled",
      revision: AT.declared + 4,
      endedAtMs: AT.ended,
      error: "stopped at line 3",
      attempts: [{ outcome: "cancelled", endedAtMs: AT.ended, error: "stopped at line 3" }],
      cancellation: { reason: "enough", requestedAtMs: AT.cancelled, acknowledgedAtMs: AT.ended },
    });
  });

  it("as cancelled is called timed_out if it was the deadline that cancelled", () => {
    const overdue = changed(transition(taskIn("running"), event.timer, AT.started + 60_000));
    expect(changed(transition(overdue, event.finish("cancelled"), AT.later))).toMatchObject({
      status: "timed_out",
      cancellation: { cause: "timeout", acknowledgedAtMs: AT.later },
    });
  });

  it.each(["succeeded", "failed"] as const)(
    "as %s from cancelling says that the worker was first: the cancel stays, unacknowledged",
    (report) => {
      expect(
        changed(transition(taskIn("cancelling"), event.finish(report), AT.ended)),
      ).toMatchObject({
        status: report,
        revision: AT.declared + 4,
        endedAtMs: AT.ended,
        cancellation: { reason: "enough", requestedAtMs: AT.cancelled, acknowledgedAtMs: null },
      });
    },
  );

  it.each(["running", "cancelling", ...ENDED_STATUSES] as const)(
    "of another attempt is refused on a %s task, whatever it reports",
    (status) => {
      for (const report of REPORTS) {
        for (const attempt of [0, 2]) {
          const outcome = transition(taskIn(status), event.finish(report, { attempt }), AT.later);
          expect(outcome).toEqual({
            kind: "refused",
            refusal: "stale_attempt",
            task: taskIn(status),
          });
        }
      }
    },
  );

  it("of a fenced attempt is refused, and the attempt that fenced it may finish", () => {
    const second = changed(transition(taskIn("running"), event.start("holder-2"), AT.later));
    expect(transition(second, event.finish("succeeded", { attempt: 1 }), AT.later)).toEqual({
      kind: "refused",
      refusal: "stale_attempt",
      task: second,
    });
    const finished = transition(second, event.finish("succeeded", { attempt: 2 }), AT.later);
    expect(changed(finished)).toMatchObject({ status: "succeeded", attempt: 2 });
  });

  it.each([
    ["succeeded", "succeeded"],
    ["failed", "failed"],
    ["cancelled", "cancelled"],
    ["timed_out", "cancelled"],
  ] as const)("of a %s task as %s again changes nothing", (status, report) => {
    const finish = event.finish(report, { result: "another" });
    const outcome = transition(taskIn(status), finish, AT.later);
    expect(outcome).toEqual({ kind: "unchanged", task: taskIn(status) });
  });

  it.each([
    ["succeeded", "failed"],
    ["succeeded", "cancelled"],
    ["failed", "succeeded"],
    ["failed", "cancelled"],
    ["cancelled", "succeeded"],
    ["cancelled", "failed"],
    ["timed_out", "succeeded"],
    ["timed_out", "failed"],
  ] as const)("of a %s task as %s is refused: ended is ended", (status, report) => {
    const outcome = transition(taskIn(status), event.finish(report), AT.later);
    expect(outcome).toEqual({ kind: "refused", refusal: "ended", task: taskIn(status) });
  });

  it("of a task that was cancelled before anybody started it is stale", () => {
    const cancelled = changed(transition(null, event.cancel(), AT.cancelled));
    const outcome = transition(cancelled, event.finish("cancelled"), AT.later);
    expect(outcome).toEqual({ kind: "refused", refusal: "stale_attempt", task: cancelled });
  });
});

describe("finish after the grace period", () => {
  const givenUp = changed(transition(taskIn("cancelling"), event.timer, AT.cancelled + 30_000));
  const overdue = changed(transition(taskIn("running"), event.timer, AT.started + 60_000));
  const timedOut = changed(transition(overdue, event.timer, AT.started + 90_000));

  it.each(REPORTS)("as %s is kept as what the worker says; status and end stay", (report) => {
    expect(givenUp).toMatchObject({
      cancellation: { acknowledgedAtMs: null },
      attempts: [{ outcome: null, endedAtMs: null }],
    });
    const finish = event.finish(report, { holder: "holder-1", error: "killed" });
    const said = changed(transition(givenUp, finish, AT.later));
    expect(said).toEqual({
      ...givenUp,
      revision: givenUp.revision + 1,
      error: "killed",
      attempts: [attemptOf("holder-1", { endedAtMs: AT.later, outcome: report, error: "killed" })],
      cancellation: expect.objectContaining({ reason: "enough", acknowledgedAtMs: AT.later }),
    });
    expect(transition(said, finish, AT.later + 1)).toEqual({ kind: "unchanged", task: said });
  });

  it("keeps a result too, and a task that timed out stays so", () => {
    const said = transition(timedOut, event.finish("succeeded", { result: [7] }), AT.later);
    expect(changed(said)).toMatchObject({
      status: "timed_out",
      endedAtMs: AT.started + 90_000,
      result: [7],
      cancellation: { cause: "timeout", acknowledgedAtMs: AT.later },
    });
  });

  it("counts once: the worker may not say something else afterwards", () => {
    const said = changed(transition(givenUp, event.finish("succeeded"), AT.later));
    const outcome = transition(said, event.finish("cancelled"), AT.later);
    expect(outcome).toEqual({ kind: "refused", refusal: "ended", task: said });
  });

  it("counts from the last attempt and its holder only", () => {
    const finishes = [{ attempt: 2 }, { holder: "of-an-earlier-life" }];
    for (const fields of finishes) {
      const outcome = transition(givenUp, event.finish("cancelled", fields), AT.later);
      expect(outcome).toEqual({ kind: "refused", refusal: "stale_attempt", task: givenUp });
    }
  });

  it("moves no timer: it is remembered from its end", () => {
    const said = changed(transition(givenUp, event.finish("cancelled"), AT.later));
    expect(nextTimerAtMs(said)).toBe(nextTimerAtMs(givenUp));
  });
});

describe("forget", () => {
  it("has nothing to refuse where no task is known", () => {
    expect(transition(null, event.forget, AT.later)).toEqual({ kind: "forgotten" });
  });

  it.each(["pending", "running", "cancelling"] as const)("is refused on a %s task", (status) => {
    expect(transition(taskIn(status), event.forget, AT.later)).toEqual({
      kind: "refused",
      refusal: "alive",
      task: taskIn(status),
    });
  });

  it.each(ENDED_STATUSES)("forgets a %s task", (status) => {
    expect(transition(taskIn(status), event.forget, AT.later)).toEqual({ kind: "forgotten" });
  });
});
