import { describe, expect, it } from "vitest";
import { transition } from "../../src/tasks/lifecycle.ts";
import { AT, changed, ENDED_STATUSES, event, STATUSES, taskIn } from "./harness.ts";

describe("declare", () => {
  it("makes an unknown task pending, at a revision that begins with the clock, and before its first attempt", () => {
    expect(transition(null, event.declare(), AT.declared)).toEqual({
      kind: "changed",
      task: {
        status: "pending",
        revision: AT.declared + 1,
        attempt: 0,
        timeoutSeconds: null,
        gracePeriodSeconds: 30,
        retentionSeconds: 604_800,
        metadata: {},
        createdAtMs: AT.declared,
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
        holder: "a",
        timeoutSeconds: null,
        gracePeriodSeconds: 30,
        retentionSeconds: 604_800,
        metadata: {},
        createdAtMs: AT.started,
        startedAtMs: AT.started,
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
      holder: "a",
      startedAtMs: AT.started,
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
      holder: "holder-2",
    });
  });

  it("keeps the first start, so that the deadline holds for the task and not for each try", () => {
    const second = changed(transition(taskIn("running"), event.start("holder-2"), AT.later));
    expect(second).toMatchObject({ startedAtMs: AT.started });
  });

  it("gives a holder that was fenced a new attempt, when it comes back", () => {
    const second = changed(transition(taskIn("running"), event.start("holder-2"), AT.later));
    const third = changed(transition(second, event.start("holder-1"), AT.later));
    expect(third).toMatchObject({ attempt: 3, holder: "holder-1", revision: AT.declared + 4 });
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

  it.each(ENDED_STATUSES)("is refused on a %s task, for its own holder too", (status) => {
    const outcome = transition(taskIn(status), event.start("holder-1"), AT.later);
    expect(outcome).toEqual({ kind: "refused", refusal: "ended", task: taskIn(status) });
  });
});
