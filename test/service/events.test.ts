import { describe, expect, it, vi } from "vitest";
import { bring, call, newId, parked, problemInAnswer, taskInAnswer } from "./harness.ts";
import { openEvents } from "./streams.ts";

const COMMAND = {
  start: { holder: "holder-1" },
  cancel: { reason: "enough" },
  finish: { attempt: 1, status: "cancelled" },
};

const command = (id: string, name: keyof typeof COMMAND) =>
  call("POST", `/v1/tasks/${id}/${name}`, { json: COMMAND[name] });

describe("an event stream", () => {
  it("is one that no cache keeps, and begins with a comment, so that proxies let it through", async () => {
    const id = newId();
    const events = await openEvents(`/v1/tasks/${id}`);
    expect(events.headers.get("Content-Type")).toBe("text/event-stream");
    expect(events.headers.get("Cache-Control")).toBe("no-store");
    expect(await events.next()).toBe(": watching");
    await events.close();
  });

  it("tells the state first, then every change, and ends when the task does", async () => {
    const id = newId();
    const { revision } = await bring(id, "pending");
    const events = await openEvents(`/v1/tasks/${id}`);
    const nextIs = async (status: string, changes: number) =>
      expect(await events.nextEvent()).toMatchObject({
        id: String(revision + changes),
        task: { status },
      });
    await nextIs("pending", 0);
    await command(id, "start");
    await nextIs("running", 1);
    await command(id, "cancel");
    await nextIs("cancelling", 2);
    await command(id, "finish");
    const { id: last, task } = await events.nextEvent();
    expect(last).toBe(String(revision + 3));
    expect(task).toMatchObject({ id, status: "cancelled", cancellation: { reason: "enough" } });
    expect(await events.next()).toBeNull();
    await parked(id, 0);
  });

  it("of an unknown task waits for it", async () => {
    const id = newId();
    const events = await openEvents(`/v1/tasks/${id}`);
    await parked(id, 1);
    const { revision } = await bring(id, "pending");
    expect(await events.nextEvent()).toMatchObject({
      id: `${revision}`,
      task: { status: "pending" },
    });
    await events.close();
  });

  it("of an ended task tells the end, and ends", async () => {
    const id = newId();
    const { revision } = await bring(id, "failed");
    const events = await openEvents(`/v1/tasks/${id}`);
    expect(await events.nextEvent()).toMatchObject({
      id: `${revision}`,
      task: { status: "failed" },
    });
    expect(await events.next()).toBeNull();
  });

  it.each([
    ["Last-Event-ID", (revision: number) => ["", { "Last-Event-ID": String(revision) }] as const],
    ["?lastEventId", (revision: number) => [`?revision=1&lastEventId=${revision}`, {}] as const],
  ])("does not repeat the event that %s names", async (_name, naming) => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const [query, headers] = naming(revision);
    const events = await openEvents(`/v1/tasks/${id}${query}`, headers);
    await parked(id, 1);
    await command(id, "cancel");
    expect(await events.nextEvent()).toMatchObject({
      id: `${revision + 1}`,
      task: { status: "cancelling" },
    });
    await events.close();
  });

  it("makes up for what happened since the event that Last-Event-ID names", async () => {
    const id = newId();
    const { revision } = await bring(id, "cancelling");
    const events = await openEvents(`/v1/tasks/${id}`, { "Last-Event-ID": String(revision - 2) });
    expect(await events.nextEvent()).toMatchObject({
      id: `${revision}`,
      task: { status: "cancelling" },
    });
    await events.close();
  });

  it("is refused with 204 to who has seen the end, so that an EventSource stops asking", async () => {
    const id = newId();
    const { revision } = await bring(id, "cancelled");
    const response = await call("GET", `/v1/tasks/${id}`, {
      headers: { Accept: "text/event-stream", "Last-Event-ID": String(revision) },
    });
    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
  });

  it("is refused with 204 also where its URL still names the revision that it began with", async () => {
    const id = newId();
    const { revision } = await bring(id, "cancelled");
    const headers = { Accept: "text/event-stream", "Last-Event-ID": String(revision) };
    const again = await call("GET", `/v1/tasks/${id}?revision=${revision - 1}`, { headers });
    expect(again.status).toBe(204);
  });

  it("is refused with 410 to who watched a task that was forgotten since", async () => {
    const id = newId();
    const { revision } = await bring(id, "cancelled");
    await call("DELETE", `/v1/tasks/${id}`);
    const headers = { Accept: "text/event-stream", "Last-Event-ID": String(revision) };
    await problemInAnswer(call("GET", `/v1/tasks/${id}`, { headers }), 410, "task-gone");
  });

  it("is one of many: each is told", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const streams = await Promise.all(
      [1, 2, 3].map(() => openEvents(`/v1/tasks/${id}?revision=${revision}`)),
    );
    await parked(id, 3);
    await command(id, "cancel");
    for (const events of streams) {
      expect(await events.nextEvent()).toMatchObject({
        id: `${revision + 1}`,
        task: { watchers: 3 },
      });
      await events.close();
    }
  });

  it("has each state on one line, whatever is in it", async () => {
    const id = newId();
    const metadata = { text: "one\ntwo\r\n\ndata: three\u2028" };
    await bring(id, "pending", { metadata });
    const events = await openEvents(`/v1/tasks/${id}`);
    expect((await events.nextEvent()).task.metadata).toEqual(metadata);
    await events.close();
  });

  it("sends a comment every 15 seconds, so that proxies keep the line", async () => {
    const real = globalThis.setInterval;
    using setInterval = vi.spyOn(globalThis, "setInterval");
    // Timers belong to the request that set them, so the clock cannot be moved: it is made shorter.
    setInterval.mockImplementation((callback) => real(callback, 1));
    const events = await openEvents(`/v1/tasks/${newId()}`);
    expect(setInterval).toHaveBeenCalledExactlyOnceWith(expect.any(Function), 15_000);
    expect(await events.next()).toBe(": watching");
    expect(await events.next()).toBe(": still watching");
    expect(await events.next()).toBe(": still watching");
    await events.close();
  });

  it("asked for among other types is a stream, too", async () => {
    const id = newId();
    await bring(id, "succeeded");
    const headers = { Accept: "application/json, text/event-stream" };
    const response = await call("GET", `/v1/tasks/${id}`, { headers });
    expect(await response.text()).toMatch(/^: watching\n\nid: \d+\ndata: \{.*\}\n\n$/);
  });

  it("is told of the end by the alarm: the deadline, then the end of grace", async () => {
    const id = newId();
    const settings = { timeoutSeconds: 0.001, gracePeriodSeconds: 0 };
    const { revision } = await bring(id, "pending", settings);
    const events = await openEvents(`/v1/tasks/${id}?revision=${revision}`);
    await parked(id, 1);
    await taskInAnswer(command(id, "start"), 200);
    expect(await events.nextEvent()).toMatchObject({ task: { status: "running" } });
    expect(await events.nextEvent()).toMatchObject({ task: { status: "cancelling" } });
    expect(await events.nextEvent()).toMatchObject({ task: { status: "timed_out" } });
    expect(await events.next()).toBeNull();
  });
});
