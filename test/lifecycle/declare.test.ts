import { describe, expect, it } from "vitest";
import { transition } from "../../src/lifecycle/transition.ts";
import { AT } from "./at.ts";
import { event } from "./event.ts";
import { STATUSES } from "./statuses.ts";
import { taskIn } from "./task-in.ts";

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
