import { describe, expect, it } from "vitest";
import { withDelivery } from "../../src/tasks/cancellation.ts";
import { transition } from "../../src/tasks/lifecycle.ts";
import { toTaskState } from "../../src/tasks/task-state.ts";
import { AT, changed, event, taskIn } from "./harness.ts";

describe("toTaskState", () => {
  it("shows a pending task with its id and null where nothing has happened yet", () => {
    expect(toTaskState("1234", taskIn("pending"), 0)).toEqual({
      id: "1234",
      status: "pending",
      revision: AT.declared + 1,
      attempt: 0,
      createdAt: "2026-01-01T12:00:00.000Z",
      startedAt: null,
      deadlineAt: null,
      endedAt: null,
      cancellation: null,
      metadata: { by: "test" },
      result: null,
      error: null,
      attempts: [],
      maxAttempts: 1,
      failures: 0,
      availableAt: null,
      lease: null,
      progress: null,
      parent: null,
      descendants: null,
      queue: null,
      priority: 0,
      traceparent: null,
      watchers: 0,
    });
  });

  it("shows when a running task is due, and how many watch it", () => {
    expect(toTaskState("1234", taskIn("running"), 2)).toMatchObject({
      status: "running",
      attempt: 1,
      startedAt: "2026-01-01T12:00:10.000Z",
      deadlineAt: "2026-01-01T12:01:10.000Z",
      watchers: 2,
    });
  });

  it("shows no deadline for a task without a timeout", () => {
    const running = changed(transition(null, event.start(), AT.started));
    expect(toTaskState("1234", running, 0)).toMatchObject({ deadlineAt: null });
  });

  it("shows the receipt of a cancel with its times", () => {
    const delivered = withDelivery(taskIn("cancelling"), AT.cancelled + 1);
    expect(toTaskState("1234", delivered, 1)).toMatchObject({
      status: "cancelling",
      endedAt: null,
      cancellation: {
        cause: "request",
        reason: "enough",
        requestedBy: null,
        requestedAt: "2026-01-01T12:00:20.000Z",
        deliveredAt: "2026-01-01T12:00:20.001Z",
        acknowledgedAt: null,
        gracePeriodSeconds: 30,
        graceEndsAt: "2026-01-01T12:00:50.001Z",
      },
    });
  });

  it("shows the end, the result and the acknowledgement", () => {
    const finish = event.finish("cancelled", { result: [1, 2] });
    const ended = changed(transition(taskIn("cancelling"), finish, AT.ended));
    expect(toTaskState("1234", ended, 0)).toMatchObject({
      status: "cancelled",
      endedAt: "2026-01-01T12:00:25.000Z",
      result: [1, 2],
      error: null,
      cancellation: { acknowledgedAt: "2026-01-01T12:00:25.000Z" },
    });
  });

  it("shows no end of grace where no worker was running", () => {
    const cancelled = changed(transition(null, event.cancel(), AT.cancelled));
    expect(toTaskState("1234", cancelled, 0)).toMatchObject({
      startedAt: null,
      endedAt: "2026-01-01T12:00:20.000Z",
      cancellation: { graceEndsAt: null },
    });
  });

  it("shows every attempt, and how it ended", () => {
    const second = changed(transition(taskIn("running"), event.start("holder-2"), AT.cancelled));
    const finish = event.finish("failed", { attempt: 2, error: { code: 1 } });
    const failed = changed(transition(second, finish, AT.ended));
    const third = changed(transition(failed, event.start("holder-3"), AT.later));
    expect(toTaskState("1234", third, 0)).toMatchObject({
      startedAt: "2026-01-01T13:00:00.000Z",
      deadlineAt: "2026-01-01T13:01:00.000Z",
      attempts: [
        {
          attempt: 1,
          holder: "holder-1",
          startedAt: "2026-01-01T12:00:10.000Z",
          endedAt: "2026-01-01T12:00:20.000Z",
          outcome: "fenced",
          error: null,
        },
        { attempt: 2, holder: "holder-2", outcome: "failed", error: { code: 1 } },
        { attempt: 3, holder: "holder-3", endedAt: null, outcome: null, error: null },
      ],
    });
  });
});
