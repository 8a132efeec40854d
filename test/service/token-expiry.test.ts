import { describe, expect, it } from "vitest";
import { clock } from "./clock.ts";
import {
  bearer,
  bring,
  call,
  closedService,
  inObject,
  mint,
  newId,
  parked,
  ring,
  stored,
} from "./harness.ts";
import { openEvents, openSocket } from "./streams.ts";

const MINUTE = 60;

describe("when its token expires", () => {
  it("a WebSocket is closed by the alarm, with the code that says: get a new token", async () => {
    const nowMs = clock.stop();
    const id = newId();
    await bring(id, "running");
    const secret = closedService();
    const soon = await openSocket(
      `/v1/tasks/${id}`,
      bearer(await mint(secret, { expiresInSeconds: MINUTE })),
    );
    const later = await openSocket(`/v1/tasks/${id}`, bearer(await mint(secret)));
    const expAtMs = (Math.floor(nowMs / 1000) + MINUTE) * 1000;
    expect((await stored(id)).alarmAtMs).toBe(expAtMs);
    clock.advance(MINUTE);
    await ring(id);
    expect(await soon.closed).toMatchObject({ code: 4401 });
    // The alarm is set for the next one, whose watch goes on.
    expect((await stored(id)).alarmAtMs).toBe((Math.floor(nowMs / 1000) + 3600) * 1000);
    await parked(id, 1);
    const cancel = call("POST", `/v1/tasks/${id}/cancel`, { headers: bearer(await mint(secret)) });
    expect((await cancel).status).toBe(202);
    await later.nextTask();
    expect(await later.nextTask()).toMatchObject({ status: "cancelling" });
  });

  it("a WebSocket on an unknown task is closed, too, and nothing is left behind", async () => {
    clock.stop();
    const id = newId();
    const secret = closedService();
    const token = await mint(secret, { expiresInSeconds: MINUTE });
    const socket = await openSocket(`/v1/tasks/${id}`, bearer(token));
    clock.advance(MINUTE);
    await ring(id);
    expect(await socket.closed).toMatchObject({ code: 4401 });
    expect(await stored(id)).toEqual({ rows: new Map(), alarmAtMs: null });
  });

  it("a WebSocket is closed at the very millisecond of the token's end", async () => {
    const nowMs = clock.stop();
    clock.advance((1000 - (nowMs % 1000)) / 1000);
    const id = newId();
    const secret = closedService();
    const token = await mint(secret, { expiresInSeconds: MINUTE });
    const socket = await openSocket(`/v1/tasks/${id}`, bearer(token));
    expect((await stored(id)).alarmAtMs).toBe(clock.advance(MINUTE));
    await ring(id);
    expect(await socket.closed).toMatchObject({ code: 4401 });
    expect((await stored(id)).alarmAtMs).toBeNull();
  });

  it("an event stream ends", async () => {
    clock.stop();
    const id = newId();
    const secret = closedService();
    const token = await mint(secret, { expiresInSeconds: MINUTE });
    const events = await openEvents(`/v1/tasks/${id}`, bearer(token));
    await events.next();
    clock.advance(MINUTE);
    await ring(id);
    expect(await events.next()).toBe(null);
  });

  it("an event stream of a queue ends, too", async () => {
    clock.stop();
    const secret = closedService();
    const token = { expiresInSeconds: MINUTE, claims: { queues: ["gpu"] } };
    const events = await openEvents("/v1/queues/gpu", bearer(await mint(secret, token)));
    expect(await events.next()).toBe(": watching");
    expect(await events.next()).toContain('data: {"queue":"gpu"');
    clock.advance(MINUTE);
    expect(await events.next()).toBe(null);
  });

  it.each(["/v1/tasks/ID?wait=300", "/v1/tasks/ID?wait=300&revision=REVISION"])(
    "a poll of %s is over, and answers what it then would",
    async (path) => {
      const nowMs = clock.stop();
      const id = newId();
      const { revision } = await bring(id, "running");
      const secret = closedService();
      const headers = bearer(await mint(secret, { expiresInSeconds: MINUTE }));
      const poll = call("GET", path.replace("ID", id).replace("REVISION", String(revision)), {
        headers,
      });
      const expAtMs = (Math.floor(nowMs / 1000) + MINUTE) * 1000;
      expect(await clock.timers(1)).toEqual([expAtMs]);
      clock.advance(MINUTE);
      expect((await poll).status).toBe(path.includes("REVISION") ? 304 : 200);
    },
  );

  it("a cancel is on record all the same that waits for the end", async () => {
    clock.stop();
    const id = newId();
    await bring(id, "running");
    const secret = closedService();
    const headers = bearer(await mint(secret, { expiresInSeconds: -10 }));
    const cancel = call("POST", `/v1/tasks/${id}/cancel?wait=30`, { headers });
    await clock.timers(1);
    clock.advance(20);
    expect((await cancel).status).toBe(202);
  });

  it("the task's own timers still ring in time", async () => {
    const nowMs = clock.stop();
    const id = newId();
    const secret = closedService();
    const headers = bearer(await mint(secret));
    await call("PUT", `/v1/tasks/${id}`, { headers, json: { timeoutSeconds: 10 } });
    await openSocket(`/v1/tasks/${id}`, headers);
    await call("POST", `/v1/tasks/${id}/start`, { headers, json: { holder: "a" } });
    expect((await stored(id)).alarmAtMs).toBe(nowMs + 10_000);
  });

  it("a stream that is opened with what is left of the tolerance lasts as long as that", async () => {
    const nowMs = clock.stop();
    const id = newId();
    const secret = closedService();
    const token = await mint(secret, { expiresInSeconds: -20 });
    const socket = await openSocket(`/v1/tasks/${id}`, bearer(token));
    expect((await stored(id)).alarmAtMs).toBe((Math.floor(nowMs / 1000) + 10) * 1000);
    clock.advance(10);
    await ring(id);
    expect(await socket.closed).toMatchObject({ code: 4401 });
  });

  it("a stream is closed, too, that has seen its task forgotten, and the next task has its timers", async () => {
    const nowMs = clock.stop();
    const id = newId();
    const secret = closedService();
    const headers = bearer(await mint(secret));
    const token = await mint(secret, { expiresInSeconds: MINUTE });
    const socket = await openSocket(`/v1/tasks/${id}`, bearer(token));
    expect((await call("DELETE", `/v1/tasks/${id}`, { headers })).status).toBe(204);
    const expAtMs = (Math.floor(nowMs / 1000) + MINUTE) * 1000;
    expect((await stored(id)).alarmAtMs).toBe(expAtMs);
    await call("PUT", `/v1/tasks/${id}`, { headers, json: { timeoutSeconds: 90 } });
    await call("POST", `/v1/tasks/${id}/start`, { headers, json: { holder: "a" } });
    clock.advance(MINUTE);
    await ring(id);
    expect(await socket.closed).toMatchObject({ code: 4401 });
    expect((await stored(id)).alarmAtMs).toBe(nowMs + 90_000);
  });

  it("an alarm that should have rung, and is not there, is set anew by the next command", async () => {
    const nowMs = clock.stop();
    const id = newId();
    await bring(id, "running", { timeoutSeconds: 10, gracePeriodSeconds: 30 });
    await inObject(id, ({ storage }) => storage.deleteAlarm());
    clock.advance(20);
    await call("POST", `/v1/tasks/${id}/cancel`);
    expect((await stored(id)).alarmAtMs).toBe(nowMs + 50_000);
  });
});

describe("a WebSocket", () => {
  it.each([
    ["the token in a header", (token: string) => bearer(token), null],
    [
      "the token as a subprotocol, of which only the service's own is echoed",
      (token: string) => ({ "Sec-WebSocket-Protocol": `edge-canceler.v1, bearer.${token}` }),
      "edge-canceler.v1",
    ],
  ])("takes %s", async (_, headers, echoed) => {
    const secret = closedService();
    const socket = await openSocket(`/v1/tasks/${newId()}`, headers(await mint(secret)));
    expect(socket.headers.get("Sec-WebSocket-Protocol")).toBe(echoed);
    socket.close();
  });

  it.each([
    ["no token", () => ({})],
    ["no token beside the protocol", () => ({ "Sec-WebSocket-Protocol": "edge-canceler.v1" })],
    ["a token without the protocol", (t: string) => ({ "Sec-WebSocket-Protocol": `bearer.${t}` })],
    [
      "a token under another name",
      (t: string) => ({ "Sec-WebSocket-Protocol": `edge-canceler.v1, basic.${t}` }),
    ],
    [
      "two tokens",
      (t: string) => ({ "Sec-WebSocket-Protocol": `edge-canceler.v1, bearer.${t}, bearer.${t}` }),
    ],
    [
      "a token in both places",
      (t: string) => ({ ...bearer(t), "Sec-WebSocket-Protocol": `edge-canceler.v1, bearer.${t}` }),
    ],
  ])("with %s gets 401", async (_, headers) => {
    const secret = closedService();
    const all: Record<string, string> = { Upgrade: "websocket", ...headers(await mint(secret)) };
    expect((await call("GET", `/v1/tasks/${newId()}`, { headers: all })).status).toBe(401);
  });
});
