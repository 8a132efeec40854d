import { describe, expect, it } from "vitest";
import { bring } from "./bring.ts";
import { call } from "./call.ts";
import { clock } from "./clock.ts";
import { newId } from "./new-id.ts";
import { parked } from "./parked.ts";
import { ring } from "./ring.ts";
import { taskInAnswer } from "./task-in-answer.ts";

const cancel = (id: string, wait = "wait=60") =>
  call("POST", `/v1/tasks/${id}/cancel`, { headers: { Prefer: wait } });
const finish = (id: string, status: string) =>
  call("POST", `/v1/tasks/${id}/finish`, { json: { attempt: 1, status } });
const read = (id: string) => taskInAnswer(call("GET", `/v1/tasks/${id}`), 200);

describe("a cancel that waits for the end", () => {
  it.each(["cancelled", "succeeded", "failed"])(
    "answers 200 as soon as the worker reports %s",
    async (status) => {
      const id = newId();
      await bring(id, "running");
      const waiting = cancel(id);
      await parked(id, 1);
      await finish(id, status);
      expect(await taskInAnswer(waiting, 200)).toMatchObject({ status, revision: 4 });
      expect((await waiting).headers.get("Preference-Applied")).toBe("wait=60");
    },
  );

  it("answers 202 when its wait is over and the worker still has to stop", async () => {
    const id = newId();
    await bring(id, "running", { gracePeriodSeconds: 600 });
    const waiting = cancel(id);
    await parked(id, 1);
    clock.advance(60);
    await ring(id);
    expect(await taskInAnswer(waiting, 202)).toMatchObject({ status: "cancelling", revision: 3 });
    expect((await waiting).headers.get("Preference-Applied")).toBe("wait=60");
  });

  it("answers 200 when the grace period is over, though nobody confirmed", async () => {
    const id = newId();
    await bring(id, "running", { gracePeriodSeconds: 10 });
    const waiting = cancel(id);
    await parked(id, 1);
    clock.advance(10);
    await ring(id);
    const task = await taskInAnswer(waiting, 200);
    expect(task.status).toBe("cancelled");
    expect(task.cancellation?.acknowledgedAt).toBeNull();
  });

  it("answers at once where nothing has to stop", async () => {
    const id = newId();
    const response = await cancel(id);
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
    const waiting = [cancel(id), cancel(id, "wait=30")];
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
    const waiting = cancel(id);
    await parked(id, 1);
    await finish(id, "cancelled");
    expect(await taskInAnswer(waiting, 200)).toMatchObject({ status: "cancelled" });
  });

  it("is no watcher, and hearing of its own cancel is no delivery", async () => {
    const id = newId();
    await bring(id, "running");
    const waiting = cancel(id);
    await parked(id, 1);
    const task = await read(id);
    expect(task.watchers).toBe(0);
    expect(task.cancellation?.deliveredAt).toBeNull();
    await finish(id, "cancelled");
    expect((await taskInAnswer(waiting, 200)).cancellation?.deliveredAt).toBeNull();
    expect((await read(id)).cancellation?.deliveredAt).toBeNull();
  });
});
