import { abortAllDurableObjects } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { bring, call, newId, parked, problemInAnswer } from "./harness.ts";
import { openSocket } from "./streams.ts";

const cancel = (id: string) => call("POST", `/v1/tasks/${id}/cancel`);
const finish = (id: string) =>
  call("POST", `/v1/tasks/${id}/finish`, { json: { attempt: 1, status: "cancelled" } });

describe("a WebSocket", () => {
  it("tells the state first, then every change, and is closed with 1000 when the task ends", async () => {
    const id = newId();
    const running = await bring(id, "running");
    const socket = await openSocket(`/v1/tasks/${id}`);
    expect(await socket.nextTask()).toEqual({ ...running, watchers: 1 });
    await cancel(id);
    expect(await socket.nextTask()).toMatchObject({
      status: "cancelling",
      revision: running.revision + 1,
    });
    await finish(id);
    expect(await socket.nextTask()).toMatchObject({
      status: "cancelled",
      revision: running.revision + 2,
    });
    expect(await socket.next()).toBeNull();
    expect(await socket.closed).toMatchObject({ code: 1000, reason: "the task has ended" });
    await parked(id, 0);
  });

  it("on an unknown task is open and silent until the task is known", async () => {
    const id = newId();
    const socket = await openSocket(`/v1/tasks/${id}`);
    await parked(id, 1);
    await cancel(id);
    const task = await socket.nextTask();
    expect(task).toMatchObject({
      status: "cancelled",
      revision: Date.parse(task.createdAt) + 1,
    });
    expect((await socket.closed).code).toBe(1000);
  });

  it("on an ended task tells the end, and is closed with 1000", async () => {
    const id = newId();
    await bring(id, "cancelled");
    const socket = await openSocket(`/v1/tasks/${id}`);
    expect(await socket.nextTask()).toMatchObject({ status: "cancelled" });
    expect((await socket.closed).code).toBe(1000);
  });

  it("does not repeat the revision that its client has", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const socket = await openSocket(`/v1/tasks/${id}?revision=${revision}`);
    socket.send("ping");
    expect(await socket.next()).toBe("pong");
    await cancel(id);
    expect(await socket.nextTask()).toMatchObject({ status: "cancelling" });
    socket.close();
  });

  it("makes up for what happened since the revision that its client has", async () => {
    const id = newId();
    const { revision } = await bring(id, "cancelling");
    const socket = await openSocket(`/v1/tasks/${id}?revision=${revision - 1}`);
    expect(await socket.nextTask()).toMatchObject({ status: "cancelling", revision });
    socket.close();
  });

  it("is closed with 1000 and without a word where the client has the end already", async () => {
    const id = newId();
    const { revision } = await bring(id, "cancelled");
    const socket = await openSocket(`/v1/tasks/${id}?revision=${revision}`);
    expect(await socket.next()).toBeNull();
    expect((await socket.closed).code).toBe(1000);
  });

  it("is refused with 410 to who watched a task that was forgotten since", async () => {
    const headers = { Upgrade: "websocket" };
    const refused = call("GET", `/v1/tasks/${newId()}?revision=4`, { headers });
    await problemInAnswer(refused, 410, "task-gone");
  });

  it("answers ping with pong, as often as it is asked", async () => {
    const socket = await openSocket(`/v1/tasks/${newId()}`);
    for (let asked = 0; asked < 3; asked++) {
      socket.send("ping");
      expect(await socket.next()).toBe("pong");
    }
    socket.close();
  });

  it("answers the close of its client", async () => {
    const id = newId();
    const socket = await openSocket(`/v1/tasks/${id}`);
    socket.close();
    await socket.closed;
    await parked(id, 0);
  });

  it.each([
    ["another word", "cancel"],
    ["JSON", '{"type":"ping"}'],
    ["bytes", Uint8Array.from("ping", (letter) => letter.charCodeAt(0)).buffer],
  ])("is closed with 1003 when its client sends %s", async (_, message) => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const socket = await openSocket(`/v1/tasks/${id}?revision=${revision}`);
    socket.send(message);
    expect(await socket.closed).toMatchObject({ code: 1003, reason: "send nothing but ping" });
    await parked(id, 0);
  });

  it("is closed with 1012 when its object is cut off, and its client connects again", async () => {
    const id = newId();
    const socket = await openSocket(`/v1/tasks/${id}`);
    await parked(id, 1);
    await abortAllDurableObjects();
    expect(await socket.closed).toMatchObject({ code: 1012, reason: "connect again" });
  });

  it("confirms the subprotocol edge-canceler.v1 to who offers it", async () => {
    const headers = { "Sec-WebSocket-Protocol": "other , edge-canceler.v1" };
    const socket = await openSocket(`/v1/tasks/${newId()}`, headers);
    expect(socket.headers.get("Sec-WebSocket-Protocol")).toBe("edge-canceler.v1");
    socket.close();
  });

  it.each([{}, { "Sec-WebSocket-Protocol": "other, edge-canceler.v2" }])(
    "confirms no subprotocol to who offers %o",
    async (headers) => {
      const socket = await openSocket(`/v1/tasks/${newId()}`, headers);
      expect(socket.headers.get("Sec-WebSocket-Protocol")).toBeNull();
      socket.close();
    },
  );

  it("is one of many watches of all kinds, and each is told", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const poll = call("GET", `/v1/tasks/${id}?wait=30`);
    const plain = call("GET", `/watch-task/${id}`);
    const socket = await openSocket(`/v1/tasks/${id}?revision=${revision}`);
    await parked(id, 3);
    await cancel(id);
    expect(await (await poll).json()).toMatchObject({ status: "cancelling", watchers: 3 });
    expect(await (await plain).text()).toBe("true");
    expect(await socket.nextTask()).toMatchObject({ status: "cancelling" });
    socket.close();
  });
});
