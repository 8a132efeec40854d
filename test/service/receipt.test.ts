import { describe, expect, it } from "vitest";
import { WATCH_HEADER } from "../../src/tasks/task-stub.ts";
import type { Watch } from "../../src/tasks/watch.ts";
import { clock } from "./clock.ts";
import { bring, call, newId, objectOf, parked, taskInAnswer } from "./harness.ts";
import { openEvents, openSocket } from "./streams.ts";

const read = (id: string) => taskInAnswer(call("GET", `/v1/tasks/${id}`), 200);
const cancel = (id: string) => call("POST", `/v1/tasks/${id}/cancel`);
const deliveredAt = async (id: string) => (await read(id)).cancellation?.deliveredAt;
const iso = (ms: number) => new Date(ms).toISOString();

/** Each begins a watch, and is back when it has been told of the task. */
const WATCHES: [string, (id: string) => Promise<unknown>][] = [
  ["a long poll", async (id) => (await call("GET", `/v1/tasks/${id}?wait=30`)).text()],
  ["the plain-text watch", async (id) => (await call("GET", `/watch-task/${id}`)).text()],
  [
    "an event stream",
    async (id) => {
      const events = await openEvents(`/v1/tasks/${id}`);
      await events.nextEvent();
      await events.close();
    },
  ],
  [
    "a WebSocket",
    async (id) => {
      const socket = await openSocket(`/v1/tasks/${id}`);
      await socket.nextTask();
      socket.close();
    },
  ],
];

describe("the receipt of a cancel", () => {
  it.each([
    ["a long poll", (id: string) => call("GET", `/v1/tasks/${id}?wait=30`)],
    ["the plain-text watch", (id: string) => call("GET", `/watch-task/${id}`)],
    ["an event stream", (id: string) => openEvents(`/v1/tasks/${id}`)],
    ["a WebSocket", (id: string) => openSocket(`/v1/tasks/${id}`)],
  ])("says that it was delivered at once where %s is parked", async (_, watch) => {
    const id = newId();
    const nowMs = clock.stop();
    await bring(id, "running");
    const watching = watch(id);
    await parked(id, 1);
    const task = await taskInAnswer(cancel(id), 202);
    expect(task.cancellation).toMatchObject({
      requestedAt: iso(nowMs),
      deliveredAt: iso(nowMs),
      acknowledgedAt: null,
    });
    await watching;
  });

  it.each(WATCHES)("says that it was delivered when %s comes later", async (_, watch) => {
    const id = newId();
    const requestedAt = iso(clock.stop());
    await bring(id, "running");
    await cancel(id);
    expect(await deliveredAt(id)).toBeNull();
    const watchedAt = iso(clock.advance(5));
    await watch(id);
    expect((await read(id)).cancellation).toMatchObject({ requestedAt, deliveredAt: watchedAt });
  });

  it.each(WATCHES)("says that it was delivered to %s also before the start", async (_, watch) => {
    const id = newId();
    clock.stop();
    await cancel(id);
    const watchedAt = iso(clock.advance(5));
    await watch(id);
    expect(await deliveredAt(id)).toBe(watchedAt);
  });

  it("is handed out with its delivery on it", async () => {
    const id = newId();
    const nowMs = clock.stop();
    await bring(id, "cancelling");
    const told = await taskInAnswer(call("GET", `/v1/tasks/${id}?wait=30`), 200);
    expect(told.cancellation?.deliveredAt).toBe(iso(nowMs));
  });

  it("keeps the first delivery, and a delivery is no new revision", async () => {
    const id = newId();
    const firstAt = iso(clock.stop());
    const { revision } = await bring(id, "cancelling");
    await call("GET", `/v1/tasks/${id}?wait=30`);
    clock.advance(60);
    await call("GET", `/v1/tasks/${id}?wait=30`);
    expect(await read(id)).toMatchObject({ revision, cancellation: { deliveredAt: firstAt } });
  });

  it("says nothing of a delivery to who only reads the state", async () => {
    const id = newId();
    await bring(id, "cancelling");
    await call("GET", `/v1/tasks/${id}`);
    await call("HEAD", `/v1/tasks/${id}`);
    await call("PUT", `/v1/tasks/${id}`);
    await cancel(id);
    expect(await deliveredAt(id)).toBeNull();
  });

  it("says nothing of a delivery to a canceller that asks how it ended", async () => {
    const id = newId();
    const { cancellation } = await bring(id, "cancelled");
    // The Worker asks so again when the object was cut off under a canceller that waits.
    const watch: Watch = { kind: "poll", until: "end", revision: 3 };
    const headers = { [WATCH_HEADER]: JSON.stringify(watch) };
    const response = await objectOf(id).fetch("https://task.invalid/", { headers });
    expect(await response.json()).toMatchObject({ status: "cancelled", cancellation });
    expect(await deliveredAt(id)).toBeNull();
  });

  it("has all four times of a cancel that went well", async () => {
    const id = newId();
    const requestedAt = iso(clock.stop());
    await bring(id, "running");
    await cancel(id);
    const delivered = iso(clock.advance(1));
    await call("GET", `/v1/tasks/${id}?wait=30`);
    const endedAt = iso(clock.advance(1));
    const json = { attempt: 1, status: "cancelled" };
    await call("POST", `/v1/tasks/${id}/finish`, { json });
    expect(await read(id)).toMatchObject({
      endedAt,
      cancellation: { requestedAt, deliveredAt: delivered, acknowledgedAt: endedAt },
    });
  });
});
