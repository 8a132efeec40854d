import { describe, expect, it } from "vitest";
import { bring } from "./bring.ts";
import { call } from "./call.ts";
import { clock } from "./clock.ts";
import { newId } from "./new-id.ts";
import { taskInAnswer } from "./task-in-answer.ts";

const cancel = (id: string, json: object = {}) => call("POST", `/v1/tasks/${id}/cancel`, { json });

describe("POST /v1/tasks/:id/cancel", () => {
  it("of a running task answers 202: the worker still has to stop", async () => {
    const id = newId();
    const nowMs = clock.stop();
    await bring(id, "running");
    expect(await taskInAnswer(cancel(id, { reason: "user pressed stop" }), 202)).toMatchObject({
      id,
      status: "cancelling",
      revision: 3,
      endedAt: null,
      cancellation: {
        cause: "request",
        reason: "user pressed stop",
        requestedBy: null,
        requestedAt: new Date(nowMs).toISOString(),
        deliveredAt: null,
        acknowledgedAt: null,
        graceEndsAt: new Date(nowMs + 30_000).toISOString(),
      },
    });
  });

  it("of a pending task answers 200: it has ended", async () => {
    const id = newId();
    await bring(id, "pending");
    const task = await taskInAnswer(cancel(id), 200);
    expect(task).toMatchObject({ status: "cancelled", revision: 2, startedAt: null });
    expect(task.endedAt).not.toBeNull();
  });

  it("of a task nobody has declared is recorded: 200, and the worker learns when it comes", async () => {
    const id = newId();
    const task = await taskInAnswer(cancel(id, { reason: "not needed" }), 200);
    expect(task).toMatchObject({
      status: "cancelled",
      revision: 1,
      cancellation: { reason: "not needed", graceEndsAt: null },
    });
    expect(await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).toEqual(task);
  });

  it("needs no body", async () => {
    const id = newId();
    await bring(id, "running");
    const task = await taskInAnswer(call("POST", `/v1/tasks/${id}/cancel`), 202);
    expect(task.cancellation?.reason).toBeNull();
  });

  it("twice is one cancel: 202 again, and the first reason and grace period stay", async () => {
    const id = newId();
    await bring(id, "running");
    const first = await taskInAnswer(cancel(id, { reason: "first", gracePeriodSeconds: 5 }), 202);
    const second = cancel(id, { reason: "second", gracePeriodSeconds: 500 });
    expect(await taskInAnswer(second, 202)).toEqual(first);
  });

  it("many times at once is one cancel", async () => {
    const id = newId();
    await bring(id, "running");
    const reasons = ["a", "b", "c", "d", "e"];
    const tasks = await Promise.all(
      reasons.map((reason) => taskInAnswer(cancel(id, { reason }), 202)),
    );
    expect(new Set(tasks.map((task) => task.revision))).toEqual(new Set([3]));
    expect(new Set(tasks.map((task) => task.cancellation?.reason)).size).toBe(1);
  });

  it.each(["succeeded", "failed", "cancelled"] as const)(
    "of a %s task answers 200 with the task as it is",
    async (status) => {
      const id = newId();
      const ended = await bring(id, status);
      expect(await taskInAnswer(cancel(id, { reason: "late" }), 200)).toEqual(ended);
    },
  );

  it.each([0, 0.5, 86_400])("may give the worker %d seconds to stop", async (seconds) => {
    const id = newId();
    const nowMs = clock.stop();
    await bring(id, "running", { gracePeriodSeconds: 60 });
    const task = await taskInAnswer(cancel(id, { gracePeriodSeconds: seconds }), 202);
    const graceEndsAt = new Date(nowMs + seconds * 1000).toISOString();
    expect(task.cancellation?.graceEndsAt).toBe(graceEndsAt);
  });

  it("takes a reason of 1,024 characters of any script", async () => {
    const reason = "\u{1F6D1}".repeat(512);
    const task = await taskInAnswer(cancel(newId(), { reason }), 200);
    expect(task.cancellation?.reason).toBe(reason);
  });
});
