import { describe, expect, it } from "vitest";
import { withDelivery } from "../../src/tasks/cancellation.ts";
import { transition } from "../../src/tasks/lifecycle.ts";
import { AT, changed, ENDED_STATUSES, event, taskIn } from "./harness.ts";

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
        timeoutSeconds: null,
        gracePeriodSeconds: 30,
        retentionSeconds: 604_800,
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

  it.each(["cancelling", ...ENDED_STATUSES] as const)(
    "of a %s task changes nothing: the first one's reason, time and grace period stay",
    (status) => {
      const second = event.cancel({ reason: "me too", requestedBy: "b", gracePeriodSeconds: 1 });
      const outcome = transition(taskIn(status), second, AT.later);
      expect(outcome).toEqual({ kind: "unchanged", task: taskIn(status) });
    },
  );
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
