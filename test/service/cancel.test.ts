import { describe, expect, it } from "vitest";
import { clock } from "./clock.ts";
import { bring, call, newId, parked, problemInAnswer, ring, taskInAnswer } from "./harness.ts";
import { openSocket } from "./streams.ts";

const cancel = (id: string, json: object = {}) => call("POST", `/v1/tasks/${id}/cancel`, { json });

describe("POST /v1/tasks/:id/cancel", () => {
  it("of a running task answers 202: the worker still has to stop", async () => {
    const id = newId();
    const nowMs = clock.stop();
    const { revision } = await bring(id, "running");
    expect(await taskInAnswer(cancel(id, { reason: "user pressed stop" }), 202)).toMatchObject({
      id,
      status: "cancelling",
      revision: revision + 1,
      endedAt: null,
      cancellation: {
        cause: "request",
        reason: "user pressed stop",
        requestedBy: null,
        requestedAt: new Date(nowMs).toISOString(),
        deliveredAt: null,
        acknowledgedAt: null,
        gracePeriodSeconds: 30,
        graceEndsAt: new Date(nowMs + 30_000).toISOString(),
      },
    });
  });

  it("of a pending task answers 200: it has ended", async () => {
    const id = newId();
    const { revision } = await bring(id, "pending");
    const task = await taskInAnswer(cancel(id), 200);
    expect(task).toMatchObject({ status: "cancelled", revision: revision + 1, startedAt: null });
    expect(task.endedAt).not.toBeNull();
  });

  it("of a task nobody has declared is recorded: 200, and the worker learns when it comes", async () => {
    const id = newId();
    const task = await taskInAnswer(cancel(id, { reason: "not needed" }), 200);
    expect(task).toMatchObject({
      status: "cancelled",
      revision: Date.parse(task.createdAt) + 1,
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

  it("twice is one cancel: 202 again, and nothing changes", async () => {
    const id = newId();
    await bring(id, "running");
    const first = await taskInAnswer(cancel(id, { reason: "first", gracePeriodSeconds: 5 }), 202);
    const second = cancel(id, { reason: "second", gracePeriodSeconds: 500 });
    expect(await taskInAnswer(second, 202)).toEqual(first);
  });

  it("many times at once is one cancel", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const reasons = ["a", "b", "c", "d", "e"];
    const tasks = await Promise.all(
      reasons.map((reason) => taskInAnswer(cancel(id, { reason }), 202)),
    );
    expect(new Set(tasks.map((task) => task.revision))).toEqual(new Set([revision + 1]));
    expect(new Set(tasks.map((task) => task.cancellation?.reason)).size).toBe(1);
  });

  it.each(["succeeded", "cancelled"] as const)(
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

  it("of a failed task answers 200, stays failed, and keeps it from running again", async () => {
    const id = newId();
    const { revision } = await bring(id, "failed");
    const task = await taskInAnswer(cancel(id, { reason: "give it up" }), 200);
    expect(task).toMatchObject({
      status: "failed",
      revision: revision + 1,
      cancellation: { reason: "give it up", graceEndsAt: null },
    });
    const start = call("POST", `/v1/tasks/${id}/start`, { json: { holder: "another" } });
    const { detail } = await problemInAnswer(start, 409, "task-ended");
    expect(detail).toContain("failed, and was cancelled");
    expect(detail).toContain("use a new id");
  });

  it.each([
    ["of 1,024 characters is kept", "\u{1F6D1}".repeat(512), "\u{1F6D1}".repeat(512)],
    ["is cut after 1,024", "x".repeat(1025), "x".repeat(1024)],
    ["is cut between two characters", `x${"\u{1F6D1}".repeat(512)}`, `x${"\u{1F6D1}".repeat(511)}`],
    ["is cut, be it as long as a log", "x".repeat(100_000), "x".repeat(1024)],
  ])("with a reason that %s", async (_, reason, kept) => {
    const id = newId();
    await bring(id, "running");
    const task = await taskInAnswer(cancel(id, { reason }), 202);
    expect(task.cancellation?.reason).toBe(kept);
  });
});

describe("a later cancel", () => {
  it("shortens the grace period: every watch hears, and the alarm rings then", async () => {
    const id = newId();
    const nowMs = clock.stop();
    await bring(id, "running");
    const polled = call("GET", `/v1/tasks/${id}?wait=30`);
    await parked(id, 1);
    const first = await taskInAnswer(cancel(id, { reason: "first", gracePeriodSeconds: 600 }), 202);
    await polled;
    const socket = await openSocket(`/v1/tasks/${id}?revision=${first.revision}`);
    const poll = call("GET", `/v1/tasks/${id}?wait=30&revision=${first.revision}`);
    await parked(id, 2);
    clock.advance(20);
    const task = await taskInAnswer(cancel(id, { reason: "now!", gracePeriodSeconds: 0 }), 202);
    expect(task).toMatchObject({
      status: "cancelling",
      revision: first.revision + 1,
      cancellation: {
        ...first.cancellation,
        gracePeriodSeconds: 0,
        graceEndsAt: new Date(nowMs + 20_000).toISOString(),
      },
    });
    expect(await socket.nextTask()).toMatchObject({ revision: task.revision });
    expect(await taskInAnswer(poll, 200)).toMatchObject({ revision: task.revision });
    await ring(id);
    expect(await read(id)).toMatchObject({
      status: "cancelled",
      cancellation: { reason: "first", acknowledgedAt: null },
    });
  });

  it("never lengthens it", async () => {
    const id = newId();
    await bring(id, "running");
    const first = await taskInAnswer(cancel(id, { gracePeriodSeconds: 5 }), 202);
    expect(await taskInAnswer(cancel(id, { gracePeriodSeconds: 500 }), 202)).toEqual(first);
    expect(await taskInAnswer(cancel(id), 202)).toEqual(first);
  });
});

const cancelAndWait = (id: string, wait = "wait=60") =>
  call("POST", `/v1/tasks/${id}/cancel`, { headers: { Prefer: wait } });
const finish = (id: string, status: string) =>
  call("POST", `/v1/tasks/${id}/finish`, { json: { attempt: 1, status } });
const read = (id: string) => taskInAnswer(call("GET", `/v1/tasks/${id}`), 200);

describe("a cancel that waits for the end", () => {
  it.each(["cancelled", "succeeded", "failed"])(
    "answers 200 as soon as the worker reports %s",
    async (status) => {
      const id = newId();
      const { revision } = await bring(id, "running");
      const waiting = cancelAndWait(id);
      await parked(id, 1);
      await finish(id, status);
      expect(await taskInAnswer(waiting, 200)).toMatchObject({ status, revision: revision + 2 });
      expect((await waiting).headers.get("Preference-Applied")).toBe("wait=60");
    },
  );

  it("answers 202 when its wait is over and the worker still has to stop", async () => {
    const id = newId();
    const { revision } = await bring(id, "running", { gracePeriodSeconds: 600 });
    const waiting = cancelAndWait(id);
    await parked(id, 1);
    clock.advance(60);
    expect(await taskInAnswer(waiting, 202)).toMatchObject({
      status: "cancelling",
      revision: revision + 1,
    });
    expect((await waiting).headers.get("Preference-Applied")).toBe("wait=60");
  });

  it("shows the task as it is when its wait is over: the cancel was delivered meanwhile", async () => {
    const id = newId();
    await bring(id, "running", { gracePeriodSeconds: 600 });
    const waiting = cancelAndWait(id);
    await parked(id, 1);
    const told = await taskInAnswer(call("GET", `/v1/tasks/${id}?wait=30`), 200);
    clock.advance(60);
    const task = await taskInAnswer(waiting, 202);
    expect(task.cancellation?.deliveredAt).not.toBeNull();
    expect(task.cancellation).toEqual(told.cancellation);
  });

  it("answers 200 when the grace period is over, though nobody confirmed", async () => {
    const id = newId();
    await bring(id, "running", { gracePeriodSeconds: 10 });
    const waiting = cancelAndWait(id);
    await parked(id, 1);
    clock.advance(10);
    await ring(id);
    const task = await taskInAnswer(waiting, 200);
    expect(task.status).toBe("cancelled");
    expect(task.cancellation?.acknowledgedAt).toBeNull();
  });

  it("answers at once where nothing has to stop", async () => {
    const id = newId();
    const response = await cancelAndWait(id);
    expect(response.headers.get("Preference-Applied")).toBe("wait=60");
    expect(await taskInAnswer(response, 200)).toMatchObject({ status: "cancelled" });
  });

  it.each([
    ["?wait=0", {}],
    ["", { Prefer: "wait=0" }],
  ])("is not parked if it asks for no time: %s %o", async (query, headers) => {
    const id = newId();
    await bring(id, "running");
    const cancelled = call("POST", `/v1/tasks/${id}/cancel${query}`, { headers });
    expect(await taskInAnswer(cancelled, 202)).toMatchObject({ status: "cancelling" });
  });

  it("joins a cancel that somebody else asked for", async () => {
    const id = newId();
    await bring(id, "cancelling");
    const waiting = [cancelAndWait(id), cancelAndWait(id, "wait=30")];
    await parked(id, 2);
    await finish(id, "cancelled");
    for (const answer of waiting) {
      expect(await taskInAnswer(answer, 200)).toMatchObject({ status: "cancelled" });
    }
  });

  it("may ask with ?wait=, and is then told of no preference", async () => {
    const id = newId();
    await bring(id, "running");
    const waiting = call("POST", `/v1/tasks/${id}/cancel?wait=30`);
    await parked(id, 1);
    await finish(id, "cancelled");
    expect((await waiting).headers.get("Preference-Applied")).toBeNull();
    expect(await taskInAnswer(waiting, 200)).toMatchObject({ status: "cancelled" });
  });

  it("is answered though the task is forgotten as soon as it ends", async () => {
    const id = newId();
    await bring(id, "running", { retentionSeconds: 0 });
    const waiting = cancelAndWait(id);
    await parked(id, 1);
    await finish(id, "cancelled");
    expect(await taskInAnswer(waiting, 200)).toMatchObject({ status: "cancelled" });
  });

  it("is no watcher, and hearing of its own cancel is no delivery", async () => {
    const id = newId();
    await bring(id, "running");
    const waiting = cancelAndWait(id);
    await parked(id, 1);
    const task = await read(id);
    expect(task.watchers).toBe(0);
    expect(task.cancellation?.deliveredAt).toBeNull();
    await finish(id, "cancelled");
    expect((await taskInAnswer(waiting, 200)).cancellation?.deliveredAt).toBeNull();
    expect((await read(id)).cancellation?.deliveredAt).toBeNull();
  });
});
