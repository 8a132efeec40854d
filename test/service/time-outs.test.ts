import { describe, expect, it, vi } from "vitest";
import { clock } from "./clock.ts";
import {
  bring,
  call,
  inObject,
  newId,
  parked,
  problemInAnswer,
  ring,
  stored,
  taskInAnswer,
} from "./harness.ts";

const read = (id: string) => taskInAnswer(call("GET", `/v1/tasks/${id}`), 200);
const finish = (id: string, status: string) =>
  call("POST", `/v1/tasks/${id}/finish`, { json: { attempt: 1, status } });
const iso = (ms: number) => new Date(ms).toISOString();

describe("the deadline", () => {
  it("cancels the task by itself, tells its watcher, and ends as timed_out", async () => {
    const id = newId();
    const nowMs = clock.stop();
    const { revision } = await bring(id, "running", { timeoutSeconds: 90 });
    expect(await stored(id)).toMatchObject({ alarmAtMs: nowMs + 90_000 });
    const poll = call("GET", `/v1/tasks/${id}?wait=300&revision=${revision}`);
    await parked(id, 1);
    const deadlineAt = iso(clock.advance(90));
    await ring(id);
    expect(await taskInAnswer(poll, 200)).toMatchObject({
      status: "cancelling",
      deadlineAt,
      cancellation: { cause: "timeout", requestedAt: deadlineAt, deliveredAt: deadlineAt },
    });
    expect(await taskInAnswer(finish(id, "cancelled"), 200)).toMatchObject({
      status: "timed_out",
      cancellation: { cause: "timeout", acknowledgedAt: deadlineAt },
    });
  });

  it("does nothing to a task that ended in time", async () => {
    const id = newId();
    await bring(id, "succeeded", { timeoutSeconds: 90 });
    clock.advance(90);
    await ring(id);
    expect(await read(id)).toMatchObject({ status: "succeeded", cancellation: null });
  });

  it("holds for the task, not for each try", async () => {
    const id = newId();
    const startedAtMs = clock.stop();
    await bring(id, "running", { timeoutSeconds: 90 });
    clock.advance(60);
    const json = { holder: "another" };
    const again = await taskInAnswer(call("POST", `/v1/tasks/${id}/start`, { json }), 200);
    expect(again.deadlineAt).toBe(iso(startedAtMs + 90_000));
  });

  it("that comes while the worker stops for a request changes nothing", async () => {
    const id = newId();
    await bring(id, "cancelling", { timeoutSeconds: 10, gracePeriodSeconds: 60 });
    clock.advance(10);
    await ring(id);
    expect(await read(id)).toMatchObject({
      status: "cancelling",
      cancellation: { cause: "request" },
    });
  });
});

describe("the end of grace", () => {
  it.each(["cancelled", "succeeded"])(
    "ends the task though nobody confirmed, and what the worker says later is kept: %s",
    async (status) => {
      const id = newId();
      const { revision } = await bring(id, "cancelling", { gracePeriodSeconds: 10 });
      const endedAt = iso(clock.advance(10));
      await ring(id);
      const ended = await read(id);
      expect(ended).toMatchObject({
        status: "cancelled",
        revision: revision + 1,
        endedAt,
        cancellation: { acknowledgedAt: null },
        attempts: [{ outcome: null, endedAt: null }],
      });
      const poll = call("GET", `/v1/tasks/${id}?wait=30&revision=${ended.revision}`);
      await parked(id, 1);
      const acknowledgedAt = iso(clock.advance(5));
      const said = await taskInAnswer(finish(id, status), 200);
      expect(said).toMatchObject({
        status: "cancelled",
        revision: revision + 2,
        endedAt,
        cancellation: { acknowledgedAt },
        attempts: [{ outcome: status, endedAt: acknowledgedAt }],
      });
      expect(await taskInAnswer(poll, 200)).toMatchObject({ revision: revision + 2 });
      expect(await taskInAnswer(finish(id, status), 200)).toEqual(await read(id));
      await problemInAnswer(finish(id, "failed"), 409, "task-ended");
    },
  );

  it("counts from when the worker hears, without another write of the alarm", async () => {
    const id = newId();
    const nowMs = clock.stop();
    await bring(id, "cancelling", { gracePeriodSeconds: 10 });
    using setAlarm = await inObject(id, ({ storage }) => vi.spyOn(storage, "setAlarm"));
    clock.advance(9);
    const told = await taskInAnswer(call("GET", `/v1/tasks/${id}?wait=30`), 200);
    expect(told.cancellation?.graceEndsAt).toBe(iso(nowMs + 19_000));
    expect(setAlarm).not.toHaveBeenCalled();
    clock.advance(1);
    await ring(id);
    expect(await read(id)).toMatchObject({ status: "cancelling" });
    expect(setAlarm.mock.calls).toEqual([[nowMs + 19_000]]);
    clock.advance(9);
    await ring(id);
    expect(await read(id)).toMatchObject({ status: "cancelled", endedAt: iso(nowMs + 19_000) });
  });

  it("after a deadline ends the task as timed_out", async () => {
    const id = newId();
    await bring(id, "running", { timeoutSeconds: 90, gracePeriodSeconds: 10 });
    clock.advance(90);
    await ring(id);
    clock.advance(10);
    await ring(id);
    const task = await read(id);
    expect(task).toMatchObject({ status: "timed_out", cancellation: { cause: "timeout" } });
    expect(task.cancellation?.acknowledgedAt).toBeNull();
  });

  it("of 0 seconds comes at once, by the real alarm", async () => {
    const id = newId();
    await bring(id, "running", { gracePeriodSeconds: 0 });
    const json = { reason: "now" };
    const cancel = call("POST", `/v1/tasks/${id}/cancel?wait=30`, { json });
    expect(await taskInAnswer(cancel, 200)).toMatchObject({ status: "cancelled" });
  });
});

describe("the end of retention", () => {
  it.each(["succeeded", "failed", "cancelled"] as const)(
    "deletes everything of a %s task, and its alarm",
    async (status) => {
      const id = newId();
      await bring(id, status, { retentionSeconds: 3600 });
      clock.advance(3600);
      await ring(id);
      expect(await stored(id)).toEqual({ rows: new Map(), alarmAtMs: null });
      await problemInAnswer(call("GET", `/v1/tasks/${id}`), 404, "task-unknown");
    },
  );

  it("comes seven days after the end, if nobody says otherwise", async () => {
    const id = newId();
    const nowMs = clock.stop();
    await call("GET", `/cancel-task/${id}`);
    expect(await stored(id)).toMatchObject({ alarmAtMs: nowMs + 604_800_000 });
  });

  it("tells a watch that has the last revision that the task is gone: 410", async () => {
    const id = newId();
    const { revision } = await bring(id, "succeeded", { retentionSeconds: 30 });
    const poll = call("GET", `/v1/tasks/${id}?wait=300&revision=${revision}`);
    await parked(id, 1);
    clock.advance(30);
    await ring(id);
    await problemInAnswer(poll, 410, "task-gone");
  });

  it("leaves the plain-text watch parked, and its wait still ends", async () => {
    const id = newId();
    await bring(id, "succeeded", { retentionSeconds: 1 });
    const nowMs = clock.stop();
    const watch = call("GET", `/watch-task/${id}`);
    await parked(id, 1);
    clock.advance(1);
    await ring(id);
    await parked(id, 1);
    expect(await clock.timers(1)).toEqual([nowMs + 5000]);
    clock.advance(4);
    expect(await (await watch).text()).toBe("false");
    expect(await stored(id)).toEqual({ rows: new Map(), alarmAtMs: null });
  });

  it("by DELETE leaves the plain-text watch parked just so", async () => {
    const id = newId();
    await bring(id, "succeeded");
    const watch = call("GET", `/watch-task/${id}`);
    await parked(id, 1);
    await call("DELETE", `/v1/tasks/${id}`);
    expect(await stored(id)).toEqual({ rows: new Map(), alarmAtMs: null });
    await parked(id, 1);
    await call("GET", `/cancel-task/${id}`);
    expect(await (await watch).text()).toBe("true");
  });

  it("of 0 seconds comes at once, by the real alarm", async () => {
    const id = newId();
    const { revision } = await bring(id, "running", { retentionSeconds: 0 });
    await finish(id, "succeeded");
    const poll = call("GET", `/v1/tasks/${id}?wait=30&revision=${revision + 1}`);
    await problemInAnswer(poll, 410, "task-gone");
  });
});
