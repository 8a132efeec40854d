import { evictDurableObject } from "cloudflare:test";
import { assert, describe, expect, it, vi } from "vitest";
import type { Watch } from "../../src/tasks/watch.ts";
import {
  bring,
  call,
  inObject,
  loggedErrors,
  newId,
  objectOf,
  parked,
  problemInAnswer,
  taskInAnswer,
} from "./harness.ts";
import { openEvents, openSocket } from "./streams.ts";

const watchers = async (id: string) =>
  (await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).watchers;

describe("a watcher that leaves", () => {
  it.each([
    ["a long poll", "/v1/tasks/ID?wait=30"],
    ["the plain-text watch", "/watch-task/ID"],
  ])(
    "%s whose client leaves is no watcher any more, and no failure in the log",
    async (_, path) => {
      const logged = loggedErrors();
      const id = newId();
      await bring(id, "running");
      const client = new AbortController();
      const poll = call("GET", path.replace("ID", id), { signal: client.signal });
      await parked(id, 1);
      expect(await watchers(id)).toBe(1);
      client.abort();
      await expect(poll).rejects.toThrow();
      await parked(id, 0);
      expect(await watchers(id)).toBe(0);
      expect(logged).toEqual([]);
    },
  );

  it("a canceller that leaves takes nothing back", async () => {
    const id = newId();
    await bring(id, "running");
    const client = new AbortController();
    const { signal } = client;
    const cancel = call("POST", `/v1/tasks/${id}/cancel?wait=30`, { signal });
    await parked(id, 1);
    client.abort();
    await expect(cancel).rejects.toThrow();
    await parked(id, 0);
    const task = await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200);
    expect(task.status).toBe("cancelling");
  });

  it("an event stream that is no longer read is no watcher any more, and told nothing", async () => {
    using enqueue = vi.spyOn(ReadableStreamDefaultController.prototype, "enqueue");
    const id = newId();
    await bring(id, "running");
    const events = await openEvents(`/v1/tasks/${id}`);
    await events.nextEvent();
    expect(await watchers(id)).toBe(1);
    await events.close();
    await parked(id, 0);
    expect(await watchers(id)).toBe(0);
    await call("POST", `/v1/tasks/${id}/cancel`);
    expect(enqueue.mock.results.filter(({ type }) => type === "throw")).toEqual([]);
  });

  it("an event stream whose request is aborted is no watcher any more", async () => {
    const id = newId();
    await bring(id, "running");
    const client = new AbortController();
    const response = await call("GET", `/v1/tasks/${id}`, {
      signal: client.signal,
      headers: { Accept: "text/event-stream" },
    });
    await parked(id, 1);
    client.abort();
    await parked(id, 0);
    await expect(response.text()).rejects.toThrow();
  });

  it("a WebSocket that its client closes is no watcher any more", async () => {
    const id = newId();
    await bring(id, "running");
    const socket = await openSocket(`/v1/tasks/${id}`);
    await socket.nextTask();
    expect(await watchers(id)).toBe(1);
    socket.close();
    await parked(id, 0);
    expect(await watchers(id)).toBe(0);
  });

  it("who leaves keeps nobody else from learning", async () => {
    const id = newId();
    await bring(id, "running");
    const client = new AbortController();
    const leaver = call("GET", `/v1/tasks/${id}?wait=30`, { signal: client.signal });
    const stayer = call("GET", `/v1/tasks/${id}?wait=30`);
    await parked(id, 2);
    client.abort();
    await expect(leaver).rejects.toThrow();
    await call("POST", `/v1/tasks/${id}/cancel`);
    expect(await taskInAnswer(stayer, 200)).toMatchObject({ status: "cancelling" });
  });
});

/** A watch that takes up room at a task, without a connection. */
function standIn() {
  const watch: Watch = { kind: "poll", until: "change", revision: 1 };
  return { readyState: WebSocket.OPEN, close() {}, deserializeAttachment: () => watch };
}

/** Lets the object of a task find this many watches when it wakes up. */
async function wakeWith(id: string, count: number): Promise<void> {
  await evictDurableObject(objectOf(id));
  await inObject(id, (state) => {
    const sockets = Array.from({ length: count }, standIn);
    // @ts-expect-error: as much of a WebSocket as the object uses.
    const list: () => WebSocket[] = (tag?: string) => (tag === "worker" ? sockets : []);
    vi.spyOn(state, "getWebSockets").mockImplementation(list);
  });
}

describe("a task with 10,000 watchers", () => {
  it.each([
    ["long poll", "GET", "/v1/tasks/ID?wait=30", {}],
    ["plain-text watch", "GET", "/watch-task/ID", {}],
    ["event stream", "GET", "/v1/tasks/ID", { Accept: "text/event-stream" }],
    ["WebSocket", "GET", "/v1/tasks/ID", { Upgrade: "websocket" }],
  ])("refuses one more %s: 503 with Retry-After", async (_, method, path, headers) => {
    const id = newId();
    await bring(id, "running");
    await wakeWith(id, 10_000);
    const refused = call(method, path.replace("ID", id), { headers });
    const { detail } = await problemInAnswer(refused, 503, "too-many-watchers");
    expect(detail).toContain(id);
    expect((await refused).headers.get("Retry-After")).toBe("30");
  });

  it("still answers who need not wait", async () => {
    const id = newId();
    await bring(id, "cancelling");
    await wakeWith(id, 10_000);
    expect(await watchers(id)).toBe(10_000);
    expect((await call("GET", `/v1/tasks/${id}?wait=30`)).status).toBe(200);
    expect(await (await call("GET", `/watch-task/${id}`)).text()).toBe("true");
  });

  it("has room for a watch again as soon as one leaves", async () => {
    const id = newId();
    await bring(id, "running");
    await wakeWith(id, 9_999);
    const socket = await openSocket(`/v1/tasks/${id}?direct=1`);
    expect((await call("GET", `/watch-task/${id}`)).status).toBe(503);
    socket.close();
    await socket.closed;
    expect(await watchers(id)).toBe(9_999);
    (await openSocket(`/v1/tasks/${id}`)).close();
  });
});

it("one broken socket keeps nobody from learning, not even its own client, which asks again", async () => {
  const logged = loggedErrors();
  const id = newId();
  const { revision } = await bring(id, "running");
  const polls = [1, 2, 3].map(() => call("GET", `/v1/tasks/${id}?wait=30&revision=${revision}`));
  await parked(id, 3);
  await inObject(id, (state) => {
    const [, broken] = state.getWebSockets();
    assert(broken !== undefined);
    vi.spyOn(broken, "send").mockImplementation(() => {
      throw new Error("the line is broken");
    });
  });
  await call("POST", `/v1/tasks/${id}/cancel`);
  for (const poll of polls) {
    expect(await taskInAnswer(poll, 200)).toMatchObject({ status: "cancelling" });
  }
  expect(logged).toEqual([[expect.stringContaining("tell_failed")]]);
});
