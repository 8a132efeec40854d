import { abortAllDurableObjects } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { clock } from "./clock.ts";
import { call, newId, parked, problemInAnswer, ring, stored, taskInAnswer } from "./harness.ts";
import { openSocket } from "./streams.ts";

const LEASE = 60;

const read = (id: string) => taskInAnswer(call("GET", `/v1/tasks/${id}`), 200);
const post = (id: string, what: string, json: object) =>
  call("POST", `/v1/tasks/${id}/${what}`, { json });

/** Starts a task with a lease, as `holder-1`. */
async function lease(id: string, settings: object = {}) {
  await taskInAnswer(
    call("PUT", `/v1/tasks/${id}`, { json: { maxAttempts: 3, ...settings } }),
    201,
  );
  const json = { holder: "holder-1", leaseSeconds: LEASE };
  return taskInAnswer(post(id, "start", json), 200);
}

const runOf = (id: string) => `/v1/tasks/${id}?direct=1&attempt=1&holder=holder-1`;

describe("a lease", () => {
  it("is shown, and arms the alarm for its end", async () => {
    const id = newId();
    const nowMs = clock.stop();
    const { lease: shown } = await lease(id);
    expect(shown).toEqual({
      seconds: LEASE,
      heardAt: new Date(nowMs).toISOString(),
      hasLine: false,
      endsAt: new Date(nowMs + 60_000).toISOString(),
    });
    expect(await stored(id)).toMatchObject({ alarmAtMs: nowMs + 60_000 });
  });

  it("of a worker that is never heard is lost, and the task is handed on with its progress", async () => {
    const id = newId();
    clock.stop();
    await lease(id, { backoffSeconds: 0 });
    await taskInAnswer(
      post(id, "heartbeat", { attempt: 1, holder: "holder-1", progress: { step: 7 } }),
      200,
    );
    clock.advance(LEASE);
    await ring(id);
    expect(await read(id)).toMatchObject({
      status: "pending",
      failures: 1,
      lease: null,
      attempts: [{ outcome: "lost" }],
    });
    const next = { holder: "holder-2", leaseSeconds: LEASE };
    const held = await post(id, "start", next);
    expect(held.headers.get("Retry-After")).toBe("30");
    await problemInAnswer(held, 409, "task-held");
    clock.advance(30);
    expect(await taskInAnswer(post(id, "start", next), 200)).toMatchObject({
      attempt: 2,
      progress: { step: 7 },
    });
    const late = { attempt: 1, holder: "holder-1" };
    await problemInAnswer(post(id, "heartbeat", late), 409, "stale-attempt");
    await problemInAnswer(post(id, "release", late), 409, "stale-attempt");
    await problemInAnswer(
      post(id, "finish", { ...late, status: "succeeded" }),
      409,
      "stale-attempt",
    );
  });

  it("moves no alarm while a worker is heard, by heartbeats or by its line", async () => {
    const id = newId();
    const nowMs = clock.stop();
    await lease(id);
    clock.advance(40);
    await taskInAnswer(post(id, "heartbeat", { attempt: 1, holder: "holder-1" }), 200);
    const socket = await openSocket(runOf(id));
    expect(await stored(id)).toMatchObject({ alarmAtMs: nowMs + 60_000 });
    clock.advance(20);
    await ring(id);
    expect((await read(id)).status).toBe("running");
    // Its line is open: the alarm now looks again when it has been mute for five leases.
    expect(await stored(id)).toMatchObject({
      alarmAtMs: nowMs + 40_000 + 300_000,
    });
    socket.close();
  });

  it("counts from when the last line of the run is closed", async () => {
    const id = newId();
    clock.stop();
    await lease(id);
    const first = await openSocket(runOf(id));
    const second = await openSocket(runOf(id));
    await parked(id, 2);
    clock.advance(100);
    const before = await stored(id);
    first.close();
    await parked(id, 1);
    // The other line is a sign of life all the same, and a write is billed.
    expect(await stored(id)).toEqual(before);
    expect((await read(id)).lease).toMatchObject({ hasLine: true });
    const closedAtMs = clock.advance(1);
    second.close();
    await parked(id, 0);
    expect(await stored(id)).toMatchObject({ alarmAtMs: closedAtMs + 60_000 });
    clock.advance(60);
    await ring(id);
    expect(await read(id)).toMatchObject({ status: "pending", attempts: [{ outcome: "lost" }] });
  });

  it("counts from the next look when a restart has taken the line, and what was heard over it", async () => {
    const id = newId();
    clock.stop();
    await lease(id);
    await openSocket(runOf(id));
    clock.advance(LEASE);
    await abortAllDurableObjects();
    await ring(id);
    expect((await read(id)).status).toBe("running");
    const lookedAtMs = Date.now();
    expect(await stored(id)).toMatchObject({ alarmAtMs: lookedAtMs + 60_000 });
    clock.advance(LEASE);
    await ring(id);
    expect(await read(id)).toMatchObject({ status: "pending", attempts: [{ outcome: "lost" }] });
  });

  it("is not kept by those who only look, nor by another run", async () => {
    const id = newId();
    clock.stop();
    await lease(id);
    const observer = await openSocket(`/v1/tasks/${id}?direct=1&observe=true`);
    const other = await openSocket(`/v1/tasks/${id}?direct=1&attempt=1&holder=other`);
    clock.advance(LEASE);
    await ring(id);
    expect(await read(id)).toMatchObject({ status: "pending" });
    observer.close();
    other.close();
  });

  it("that was released is not told that somebody else runs the task", async () => {
    const id = newId();
    await lease(id);
    const run = { attempt: 1, holder: "holder-1" };
    await taskInAnswer(post(id, "release", run), 200);
    const late = await problemInAnswer(post(id, "heartbeat", run), 409, "stale-attempt");
    expect(late.detail).toContain(`Nobody runs task ${id} now`);
    const start = post(id, "start", { holder: "holder-1" });
    const again = await problemInAnswer(start, 409, "stale-attempt");
    expect(again.detail).toContain("start it with another holder");
  });

  it("is taken over by a worker that says so", async () => {
    const id = newId();
    await lease(id);
    const next = { holder: "holder-2", leaseSeconds: LEASE };
    await problemInAnswer(post(id, "start", next), 409, "task-held");
    const taken = await taskInAnswer(post(id, "start", { ...next, takeOver: true }), 200);
    expect(taken).toMatchObject({ attempt: 2, attempts: [{ outcome: "fenced" }, {}] });
  });
});

describe("a cancel", () => {
  it("is delivered to the run, not to those who only look", async () => {
    const id = newId();
    await lease(id);
    const observer = await openSocket(`/v1/tasks/${id}?direct=1&observe=true`);
    const cancelled = await taskInAnswer(post(id, "cancel", {}), 202);
    expect(cancelled).toMatchObject({ cancellation: { deliveredAt: null }, watchers: 0 });
    const run = await openSocket(runOf(id));
    expect(await read(id)).toMatchObject({ cancellation: { deliveredAt: expect.any(String) } });
    observer.close();
    run.close();
  });

  it("of a released task ends it at once", async () => {
    const id = newId();
    await lease(id);
    const released = await taskInAnswer(
      post(id, "release", { attempt: 1, holder: "holder-1" }),
      200,
    );
    expect(released).toMatchObject({ status: "pending", failures: 0, availableAt: null });
    expect(await taskInAnswer(post(id, "cancel", {}), 200)).toMatchObject({ status: "cancelled" });
    const start = post(id, "start", { holder: "holder-2", takeOver: true });
    await problemInAnswer(start, 409, "task-ended");
  });
});

describe("a request about leases that makes no sense", () => {
  it.each([
    ["start", { holder: "a", leaseSeconds: 9 }],
    ["start", { holder: "a", leaseSeconds: "60" }],
    ["start", { holder: "a", takeOver: 1 }],
    ["start", { holder: "a", maxAttempts: 0 }],
    ["heartbeat", { attempt: 1 }],
    ["heartbeat", { attempt: 1, holder: "a", progress: "x".repeat(5000) }],
    ["release", { attempt: 1, holder: "a", delaySeconds: -1 }],
    ["finish", { attempt: 1, status: "failed", retryAfterSeconds: -1 }],
  ])("is refused by %s (case %#)", async (what, json) => {
    await problemInAnswer(post(newId(), what, json), 400, "bad-request");
  });

  it.each(["attempt=1", "holder=a", "attempt=x&holder=a", "attempt=0&holder=a", "observe=maybe"])(
    "is refused by a watch with %s",
    async (query) => {
      const watch = call("GET", `/v1/tasks/${newId()}?wait=5&${query}`);
      await problemInAnswer(watch, 400, "bad-request");
    },
  );
});
