import { expect, it, vi } from "vitest";
import { bring } from "./bring.ts";
import { call } from "./call.ts";
import { loggedErrors } from "./logged-errors.ts";
import { newId } from "./new-id.ts";
import { openEvents } from "./open-events.ts";
import { openSocket } from "./open-socket.ts";
import { parked } from "./parked.ts";
import { taskInAnswer } from "./task-in-answer.ts";

const watchers = async (id: string) =>
  (await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).watchers;

it.each([
  ["a long poll", "/v1/tasks/ID?wait=30"],
  ["the plain-text watch", "/watch-task/ID"],
])("%s whose client leaves is no watcher any more, and no failure in the log", async (_, path) => {
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
});

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
