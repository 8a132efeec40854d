import { describe, expect, it, vi } from "vitest";
import { bring } from "./bring.ts";
import { call } from "./call.ts";
import { inObject } from "./in-object.ts";
import { loggedErrors } from "./logged-errors.ts";
import { newId } from "./new-id.ts";
import { parked } from "./parked.ts";
import { problemInAnswer } from "./problem-in-answer.ts";
import { taskInAnswer } from "./task-in-answer.ts";

/** Lets the object of a task see so many sockets, without opening them. */
function pretendSockets(id: string, count: number) {
  return inObject(id, (state) => {
    const { 0: socket } = new WebSocketPair();
    return vi.spyOn(state, "getWebSockets").mockReturnValue(Array(count).fill(socket));
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
    using _sockets = await pretendSockets(id, 10_000);
    const refused = call(method, path.replace("ID", id), { headers });
    const { detail } = await problemInAnswer(refused, 503, "too-many-watchers");
    expect(detail).toContain(id);
    expect((await refused).headers.get("Retry-After")).toBe("30");
  });

  it("still answers who need not wait", async () => {
    const id = newId();
    await bring(id, "cancelling");
    using _sockets = await pretendSockets(id, 10_000);
    expect((await call("GET", `/v1/tasks/${id}`)).status).toBe(200);
    expect((await call("GET", `/v1/tasks/${id}?wait=30`)).status).toBe(200);
    expect(await (await call("GET", `/watch-task/${id}`)).text()).toBe("true");
  });

  it("has room for a watch again as soon as one leaves", async () => {
    const id = newId();
    await bring(id, "running");
    const sockets = await pretendSockets(id, 9_999);
    const poll = call("GET", `/v1/tasks/${id}?wait=30`);
    await vi.waitUntil(() => inObject(id, ({ storage }) => storage.getAlarm()), { interval: 5 });
    sockets.mockRestore();
    await parked(id, 1);
    await call("POST", `/v1/tasks/${id}/cancel`);
    expect(await taskInAnswer(poll, 200)).toMatchObject({ status: "cancelling" });
  });
});

it("one broken socket keeps nobody from learning, not even its own client, which asks again", async () => {
  const logged = loggedErrors();
  const id = newId();
  await bring(id, "running");
  const polls = [1, 2, 3].map(() => call("GET", `/v1/tasks/${id}?wait=30&revision=2`));
  await parked(id, 3);
  await inObject(id, (state) => {
    state.getWebSockets()[1]?.serializeAttachment(null);
  });
  await call("POST", `/v1/tasks/${id}/cancel`);
  for (const poll of polls) {
    expect(await taskInAnswer(poll, 200)).toMatchObject({ status: "cancelling" });
  }
  expect(logged).toEqual([[expect.stringContaining("tell_failed")]]);
});
