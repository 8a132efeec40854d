import { describe, expect, it } from "vitest";
import { transition } from "../../src/tasks/lifecycle.ts";
import type { Task } from "../../src/tasks/task.ts";
import { AT, changed, ENDED_STATUSES, event, taskIn } from "./harness.ts";

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
    const { holder: _, ...running } = started("running");
    expect(changed(transition(taskIn("running"), finish, AT.ended))).toEqual({
      ...running,
      status: "succeeded",
      revision: AT.declared + 3,
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

  it("as succeeded comes too late once the grace period is over", () => {
    const over = changed(transition(taskIn("cancelling"), event.timer, AT.cancelled + 30_000));
    expect(transition(over, event.finish("succeeded"), AT.later)).toEqual({
      kind: "refused",
      refusal: "ended",
      task: over,
    });
  });

  it("as cancelled after the end of grace is no news: the cancel stays unacknowledged", () => {
    const over = changed(transition(taskIn("cancelling"), event.timer, AT.cancelled + 30_000));
    const outcome = transition(over, event.finish("cancelled"), AT.later);
    expect(outcome).toEqual({ kind: "unchanged", task: over });
    expect(over).toMatchObject({ cancellation: { acknowledgedAtMs: null } });
  });
});

/** A started task that has not ended. */
function started(status: "running" | "cancelling"): Extract<Task, { holder: string }> {
  const task = taskIn(status);
  if ("holder" in task) return task;
  throw new Error(`a ${task.status} task has no holder`);
}

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
