import { describe, expect, it, vi } from "vitest";
import { clock } from "./clock.ts";
import {
  bring,
  call,
  inObject,
  loggedErrors,
  newId,
  parked,
  problemInAnswer,
  ring,
  stored,
  taskInAnswer,
} from "./harness.ts";

const read = (id: string) => taskInAnswer(call("GET", `/v1/tasks/${id}`), 200);
const cancel = (id: string) => call("POST", `/v1/tasks/${id}/cancel`);
const spyOnSetAlarm = (id: string) => inObject(id, ({ storage }) => vi.spyOn(storage, "setAlarm"));

describe("an alarm", () => {
  it("that rings early does nothing, and is armed again for its time", async () => {
    const id = newId();
    const nowMs = clock.stop();
    const running = await bring(id, "running", { timeoutSeconds: 90 });
    clock.advance(89.999);
    expect(await ring(id)).toBe(true);
    expect(await read(id)).toEqual(running);
    expect(await stored(id)).toMatchObject({ alarmAtMs: nowMs + 90_000 });
  });

  it("that rings early lets no wait end early", async () => {
    const id = newId();
    const nowMs = clock.stop();
    const { revision } = await bring(id, "running", { timeoutSeconds: 90 });
    const poll = call("GET", `/v1/tasks/${id}?wait=30&revision=${revision}`);
    await parked(id, 1);
    clock.advance(29.999);
    expect(await ring(id)).toBe(true);
    await parked(id, 1);
    expect(await clock.timers(1)).toEqual([nowMs + 30_000]);
    await cancel(id);
    expect(await taskInAnswer(poll, 200)).toMatchObject({ status: "cancelling" });
  });

  it("that cannot be set fails the command: nobody is told of a cancel that might never end", async () => {
    const logged = loggedErrors();
    const id = newId();
    await bring(id, "running");
    using setAlarm = await spyOnSetAlarm(id);
    setAlarm.mockRejectedValueOnce(new Error("the disk is full"));
    await problemInAnswer(cancel(id), 500, "internal");
    expect(logged).toEqual([[expect.stringContaining("the disk is full")]]);
  });

  it("that rings twice acts once", async () => {
    const id = newId();
    const { revision } = await bring(id, "running", { timeoutSeconds: 90 });
    clock.advance(90);
    await ring(id);
    const once = await read(id);
    expect(once).toMatchObject({ status: "cancelling", revision: revision + 1 });
    await ring(id);
    expect(await read(id)).toEqual(once);
  });

  it("that rings an hour late still acts, and leaves the worker its whole grace period", async () => {
    const id = newId();
    await bring(id, "running", { timeoutSeconds: 90, gracePeriodSeconds: 20 });
    const nowMs = clock.advance(3600);
    await ring(id);
    const task = await read(id);
    expect(task.status).toBe("cancelling");
    expect(task.cancellation?.graceEndsAt).toBe(new Date(nowMs + 20_000).toISOString());
    expect(await stored(id)).toMatchObject({ alarmAtMs: nowMs + 20_000 });
  });

  it("that rings for nothing is armed for what comes next", async () => {
    const id = newId();
    const nowMs = clock.stop();
    // The end of grace, which no longer matters, rings before the end of retention.
    await bring(id, "cancelled", { gracePeriodSeconds: 10, retentionSeconds: 60 });
    clock.advance(10);
    await ring(id);
    expect(await read(id)).toMatchObject({ status: "cancelled" });
    expect(await stored(id)).toMatchObject({ alarmAtMs: nowMs + 60_000 });
  });

  it("that rings when nothing is to come is not armed again", async () => {
    const id = newId();
    await bring(id, "succeeded", { retentionSeconds: 60 });
    clock.advance(60);
    expect(await ring(id)).toBe(true);
    expect(await stored(id)).toMatchObject({ alarmAtMs: null });
    expect(await ring(id)).toBe(false);
  });

  it("serves the task's time-out, and the Worker a parked wait, whichever comes first", async () => {
    const id = newId();
    const nowMs = clock.stop();
    const { revision } = await bring(id, "running", { timeoutSeconds: 90 });
    const short = call("GET", `/v1/tasks/${id}?wait=30&revision=${revision}`);
    await parked(id, 1);
    const long = call("GET", `/v1/tasks/${id}?wait=120&revision=${revision}`);
    await parked(id, 2);
    clock.advance(30);
    expect((await short).status).toBe(304);
    expect(await stored(id)).toMatchObject({ alarmAtMs: nowMs + 90_000 });
    clock.advance(60);
    await ring(id);
    expect(await taskInAnswer(long, 200)).toMatchObject({ cancellation: { cause: "timeout" } });
  });

  it("is not written again while the earliest time stays, for each write is billed", async () => {
    const id = newId();
    clock.stop();
    await bring(id, "running", { timeoutSeconds: 20 });
    using setAlarm = await spyOnSetAlarm(id);
    const polls = [30, 60, 10].map((wait) => call("GET", `/v1/tasks/${id}?wait=${wait}`));
    await parked(id, 3);
    await call("POST", `/v1/tasks/${id}/start`, { json: { holder: "another" } });
    await Promise.all(polls);
    await cancel(id);
    await cancel(id);
    await call("PUT", `/v1/tasks/${id}`);
    expect(setAlarm).not.toHaveBeenCalled();
  });

  it("is written when the earliest time moves forward", async () => {
    const id = newId();
    const nowMs = clock.stop();
    await bring(id, "running", { timeoutSeconds: 20, gracePeriodSeconds: 10 });
    using setAlarm = await spyOnSetAlarm(id);
    await cancel(id);
    expect(setAlarm.mock.calls).toEqual([[nowMs + 10_000]]);
  });

  it("is not set by a stream, whose wait has no end", async () => {
    const id = newId();
    await bring(id, "running");
    const client = new AbortController();
    const response = await call("GET", `/v1/tasks/${id}`, {
      signal: client.signal,
      headers: { Accept: "text/event-stream" },
    });
    await parked(id, 1);
    expect(await stored(id)).toMatchObject({ alarmAtMs: null });
    client.abort();
    await expect(response.text()).rejects.toThrow();
  });
});

describe("an alarm that fails", () => {
  it("is logged and armed again, and then does what it could not do", async () => {
    const logged = loggedErrors();
    const id = newId();
    await bring(id, "running", { timeoutSeconds: 90 });
    const nowMs = clock.advance(90);
    await inObject(id, ({ storage }) => {
      vi.spyOn(storage.kv, "put").mockImplementationOnce(() => {
        throw new Error("the disk is full");
      });
    });
    expect(await ring(id)).toBe(true);
    const failed = { event: "alarm_failed", taskId: id, error: "Error: the disk is full" };
    expect(logged.map(([line]) => JSON.parse(String(line)))).toMatchObject([failed]);
    expect(await read(id)).toMatchObject({ status: "running" });
    expect(await stored(id)).toMatchObject({ alarmAtMs: nowMs + 1000 });
    clock.advance(1);
    await ring(id);
    expect(await read(id)).toMatchObject({ cancellation: { cause: "timeout" } });
  });

  it("keeps failing as long as it must, and is never dropped", async () => {
    const logged = loggedErrors();
    const id = newId();
    await bring(id, "running", { timeoutSeconds: 90 });
    clock.advance(90);
    using broken = await inObject(id, ({ storage }) => vi.spyOn(storage.kv, "put"));
    broken.mockImplementation(() => {
      throw new Error("out of order");
    });
    for (let rings = 1; rings <= 10; rings++) {
      expect(await ring(id)).toBe(true);
      expect(logged).toHaveLength(rings);
    }
    broken.mockRestore();
    await ring(id);
    expect(await read(id)).toMatchObject({ cancellation: { cause: "timeout" } });
  });
});
