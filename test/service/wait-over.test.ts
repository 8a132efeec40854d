import { describe, expect, it, vi } from "vitest";
import { clock } from "./clock.ts";
import { bring, call, inObject, newId, parked, problemInAnswer, taskInAnswer } from "./harness.ts";

describe("when its wait is over, a long poll", () => {
  it("answers 304 to who has the revision", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const headers = { Prefer: "wait=20", "If-None-Match": `W/"${revision}"` };
    const poll = call("GET", `/v1/tasks/${id}`, { headers });
    await parked(id, 1);
    clock.advance(20);
    const response = await poll;
    expect(response.status).toBe(304);
    expect(response.headers.get("ETag")).toBe(`W/"${revision}"`);
    expect(response.headers.get("Preference-Applied")).toBe("wait=20");
    expect(await response.text()).toBe("");
    await parked(id, 0);
  });

  it("answers 200 with the task to who named no revision", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const poll = call("GET", `/v1/tasks/${id}?wait=20`);
    await parked(id, 1);
    clock.advance(20);
    expect(await taskInAnswer(poll, 200)).toMatchObject({ status: "running", revision });
    expect((await poll).headers.get("Preference-Applied")).toBeNull();
  });

  it("answers 404 for an unknown task", async () => {
    const id = newId();
    const poll = call("GET", `/v1/tasks/${id}`, { headers: { Prefer: "wait=20" } });
    await parked(id, 1);
    clock.advance(20);
    await problemInAnswer(poll, 404, "task-unknown");
    expect((await poll).headers.get("Preference-Applied")).toBe("wait=20");
  });

  it("answers 304 to who knows that the task is unknown", async () => {
    const id = newId();
    const poll = call("GET", `/v1/tasks/${id}?wait=20&revision=0`);
    await parked(id, 1);
    clock.advance(20);
    expect((await poll).status).toBe(304);
  });

  it("leaves the others parked, whose waits are longer", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const nowMs = clock.stop();
    const long = call("GET", `/v1/tasks/${id}?wait=60&revision=${revision}`);
    await parked(id, 1);
    const short = call("GET", `/v1/tasks/${id}?wait=20&revision=${revision}`);
    await parked(id, 2);
    expect(await clock.timers(2)).toEqual([nowMs + 20_000, nowMs + 60_000]);
    clock.advance(20);
    expect((await short).status).toBe(304);
    await parked(id, 1);
    expect(await clock.timers(1)).toEqual([nowMs + 60_000]);
    clock.advance(40);
    expect((await long).status).toBe(304);
  });

  it("ends each of several waits at its own time", async () => {
    const id = newId();
    const nowMs = clock.stop();
    await bring(id, "running");
    const polls = [60, 20, 40].map((wait) => call("GET", `/v1/tasks/${id}?wait=${wait}`));
    await parked(id, 3);
    for (const [index, seconds] of [20, 40, 60].entries()) {
      const [nextAtMs] = await clock.timers(3 - index);
      expect(nextAtMs).toBe(nowMs + seconds * 1000);
      clock.advance(20);
      await parked(id, 2 - index);
    }
    for (const poll of polls) expect((await poll).status).toBe(200);
  });

  it("has written nothing, and set no alarm", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    clock.stop();
    using put = await inObject(id, ({ storage }) => vi.spyOn(storage.kv, "put"));
    using setAlarm = await inObject(id, ({ storage }) => vi.spyOn(storage, "setAlarm"));
    const poll = call("GET", `/v1/tasks/${id}?wait=20&revision=${revision}`);
    await parked(id, 1);
    clock.advance(20);
    expect((await poll).status).toBe(304);
    await parked(id, 0);
    expect(put).not.toHaveBeenCalled();
    expect(setAlarm).not.toHaveBeenCalled();
  });
});

describe("how long a long poll is parked", () => {
  it.each([
    ["?wait=0.5", {}, 0.5],
    ["?wait=30", {}, 30],
    ["?wait=300", {}, 300],
    ["", { Prefer: "wait=30" }, 30],
    ["", { Prefer: 'wait="30"' }, 30],
    ["", { Prefer: "WAIT = 30; foo" }, 30],
    ["", { Prefer: "return=minimal, wait=30, wait=40" }, 30],
    ["?wait=10", { Prefer: "wait=30" }, 10],
  ])("is what it asks for: %s %o", async (query, headers, seconds) => {
    expect(await parkedSeconds(query, headers)).toBe(seconds);
  });

  it.each([
    ["?wait=301", {}],
    ["?wait=86400", {}],
    ["", { Prefer: "wait=3600" }],
  ])("is 300 seconds at most: %s %o", async (query, headers) => {
    expect(await parkedSeconds(query, headers)).toBe(300);
  });

  it.each([
    ["?wait=", {}],
    ["?wait", {}],
    ["", { Prefer: "wait" }],
  ])("is 55 seconds if it leaves that to the service: %s %o", async (query, headers) => {
    expect(await parkedSeconds(query, headers)).toBe(55);
  });

  it.each([
    ["?wait=0", {}],
    ["?wait=0.000", {}],
    ["", { Prefer: "wait=0" }],
  ])("is no time at all if it asks for none: %s %o is a plain GET", async (query, headers) => {
    const id = newId();
    const task = await bring(id, "running");
    const response = await call("GET", `/v1/tasks/${id}${query}`, { headers });
    expect(response.headers.get("Preference-Applied")).toBeNull();
    expect(await taskInAnswer(response, 200)).toEqual(task);
    await clock.timers(0);
  });

  it("is told to who asked by preference, also when less was granted", async () => {
    const id = newId();
    await bring(id, "cancelling");
    const headers = { Prefer: "wait=3600" };
    const response = await call("GET", `/v1/tasks/${id}`, { headers });
    expect(response.headers.get("Preference-Applied")).toBe("wait=300");
  });

  async function parkedSeconds(query: string, headers: Record<string, string>): Promise<number> {
    const id = newId();
    await bring(id, "pending");
    const nowMs = clock.stop();
    const poll = call("GET", `/v1/tasks/${id}${query}`, { headers });
    await parked(id, 1);
    const [waitEndsAtMs = 0] = await clock.timers(1);
    await call("POST", `/v1/tasks/${id}/cancel`);
    await poll;
    return (waitEndsAtMs - nowMs) / 1000;
  }
});
