import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { TaskObject } from "../../src/tasks/task-object.ts";
import { clock } from "./clock.ts";
import {
  bring,
  call,
  inObject,
  newId,
  objectOf,
  parked,
  problemInAnswer,
  taskInAnswer,
} from "./harness.ts";
import { openEvents, openSocket } from "./streams.ts";

const cancel = (id: string) => call("POST", `/v1/tasks/${id}/cancel`);
const evict = (id: string) => evictDurableObject(objectOf(id), { webSockets: "hibernate" });

describe("while the object sleeps", () => {
  it("a long poll stays parked, and a cancel tells it", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const poll = call("GET", `/v1/tasks/${id}?wait=30&revision=${revision}`);
    await parked(id, 1);
    await evict(id);
    await cancel(id);
    expect(await taskInAnswer(poll, 200)).toMatchObject({ status: "cancelling", watchers: 1 });
  });

  it("the plain-text watch stays parked, and a cancel tells it", async () => {
    const id = newId();
    const watch = call("GET", `/watch-task/${id}`);
    await parked(id, 1);
    await evict(id);
    await call("GET", `/cancel-task/${id}`);
    expect(await (await watch).text()).toBe("true");
  });

  it("an event stream stays open, and a cancel tells it", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const events = await openEvents(`/v1/tasks/${id}`, { "Last-Event-ID": String(revision) });
    expect(await events.next()).toBe(": watching");
    await evict(id);
    await cancel(id);
    expect(await events.nextEvent()).toMatchObject({
      id: `${revision + 1}`,
      task: { status: "cancelling" },
    });
    await events.close();
  });

  it("a WebSocket stays open, its ping is answered, and a cancel tells it", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const socket = await openSocket(`/v1/tasks/${id}?revision=${revision}`);
    await evict(id);
    socket.send("ping");
    expect(await socket.next()).toBe("pong");
    await cancel(id);
    expect(await socket.nextTask()).toMatchObject({ status: "cancelling" });
    socket.close();
  });

  it("a canceller that waits stays parked, and the end of the task tells it", async () => {
    const id = newId();
    await bring(id, "running");
    const waiting = call("POST", `/v1/tasks/${id}/cancel?wait=30`);
    await parked(id, 1);
    await evict(id);
    const json = { attempt: 1, status: "cancelled" };
    await call("POST", `/v1/tasks/${id}/finish`, { json });
    expect(await taskInAnswer(waiting, 200)).toMatchObject({ status: "cancelled" });
  });

  it("the end of a wait wakes it", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const poll = call("GET", `/v1/tasks/${id}?wait=30&revision=${revision}`);
    await parked(id, 1);
    await evict(id);
    clock.advance(30);
    expect((await poll).status).toBe(304);
    await parked(id, 0);
  });

  it("its watchers are counted, but not the one that leaves and so wakes it", async () => {
    const id = newId();
    await bring(id, "running");
    const leaver = await openSocket(`/v1/tasks/${id}?direct=1`);
    const stayer = await openSocket(`/v1/tasks/${id}?direct=1`);
    const counted: (number | undefined)[] = [];
    const { webSocketClose } = TaskObject.prototype;
    using close = vi.spyOn(TaskObject.prototype, "webSocketClose");
    close.mockImplementation(async function (this: TaskObject, socket) {
      // The platform still lists the socket now.
      this.read().then((task) => counted.push(task?.watchers));
      await webSocketClose.call(this, socket);
    });
    await evict(id);
    leaver.close();
    await leaver.closed;
    expect(counted).toEqual([1]);
    expect(await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).toMatchObject({ watchers: 1 });
    stayer.close();
    await stayer.closed;
    expect(await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).toMatchObject({ watchers: 0 });
  });

  it("the task, its attempt and its cancel are kept", async () => {
    const id = newId();
    const cancelling = await bring(id, "cancelling");
    await evict(id);
    expect(await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).toEqual(cancelling);
  });
});

describe("when the object is cut off", () => {
  it("under a long poll, the Worker asks again, and a cancel tells it", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const poll = call("GET", `/v1/tasks/${id}?wait=30&revision=${revision}`);
    await parked(id, 1);
    await abortAllDurableObjects();
    await parked(id, 1);
    await cancel(id);
    expect(await taskInAnswer(poll, 200)).toMatchObject({ status: "cancelling" });
  });

  it("under a long poll, the Worker asks again for the time that is left", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const nowMs = clock.stop();
    const poll = call("GET", `/v1/tasks/${id}?wait=30&revision=${revision}`);
    await parked(id, 1);
    clock.advance(20);
    await abortAllDurableObjects();
    await parked(id, 1);
    expect(await clock.timers(1)).toEqual([nowMs + 30_000]);
    clock.advance(10);
    expect((await poll).status).toBe(304);
    await parked(id, 0);
  });

  it("under a long poll, a cancel that comes before the Worker asks again is told", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const poll = call("GET", `/v1/tasks/${id}?wait=30&revision=${revision}`);
    await parked(id, 1);
    await abortAllDurableObjects();
    await cancel(id);
    expect(await taskInAnswer(poll, 200)).toMatchObject({ status: "cancelling" });
  });

  it("under the plain-text watch, the Worker asks again", async () => {
    const id = newId();
    const watch = call("GET", `/watch-task/${id}`);
    await parked(id, 1);
    await abortAllDurableObjects();
    await parked(id, 1);
    await call("GET", `/cancel-task/${id}`);
    expect(await (await watch).text()).toBe("true");
  });

  it("under a canceller that waits, the Worker asks again", async () => {
    const id = newId();
    await bring(id, "running");
    const waiting = call("POST", `/v1/tasks/${id}/cancel?wait=30`);
    await parked(id, 1);
    await abortAllDurableObjects();
    await parked(id, 1);
    const json = { attempt: 1, status: "cancelled" };
    await call("POST", `/v1/tasks/${id}/finish`, { json });
    expect(await taskInAnswer(waiting, 200)).toMatchObject({ status: "cancelled" });
  });

  it("under a canceller that waits, and the task is forgotten meanwhile: 410", async () => {
    const id = newId();
    await bring(id, "running");
    const waiting = call("POST", `/v1/tasks/${id}/cancel?wait=30`);
    await parked(id, 1);
    await inObject(id, ({ storage }) => storage.deleteAll());
    await abortAllDurableObjects();
    await problemInAnswer(waiting, 410, "task-gone");
  });

  it("twice under one long poll, the client is sent to ask again: 503 with Retry-After", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const poll = call("GET", `/v1/tasks/${id}?wait=30&revision=${revision}`);
    for (let cut = 0; cut < 2; cut++) {
      await parked(id, 1);
      await abortAllDurableObjects();
    }
    await problemInAnswer(poll, 503, "overloaded");
    expect((await poll).headers.get("Retry-After")).toBe("1");
  });

  it("an event stream ends, and who connects again has missed nothing", async () => {
    const id = newId();
    await bring(id, "running");
    const events = await openEvents(`/v1/tasks/${id}`);
    const { id: seen } = await events.nextEvent();
    await abortAllDurableObjects();
    await cancel(id);
    expect(await events.next()).toBeNull();
    const again = await openEvents(`/v1/tasks/${id}`, { "Last-Event-ID": seen });
    expect(await again.nextEvent()).toMatchObject({
      id: `${Number(seen) + 1}`,
      task: { status: "cancelling" },
    });
    await again.close();
  });

  it("a WebSocket closes, and who connects again has missed nothing", async () => {
    const id = newId();
    await bring(id, "running");
    const socket = await openSocket(`/v1/tasks/${id}`);
    const { revision } = await socket.nextTask();
    await abortAllDurableObjects();
    await cancel(id);
    expect((await socket.closed).code).not.toBe(1000);
    const again = await openSocket(`/v1/tasks/${id}?revision=${revision}`);
    expect(await again.nextTask()).toMatchObject({ status: "cancelling" });
    again.close();
  });
});
