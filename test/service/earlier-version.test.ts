import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import {
  bring,
  call,
  inObject,
  newId,
  objectOf,
  problemInAnswer,
  ring,
  taskInAnswer,
} from "./harness.ts";

/** The rows of version 0.1.0, which kept no attempts. */
const AT_MS = Date.UTC(2026, 0, 1);
const RUNNING = {
  status: "running",
  revision: AT_MS + 2,
  attempt: 1,
  timeoutSeconds: null,
  gracePeriodSeconds: 30,
  retentionSeconds: 604_800,
  metadata: {},
  createdAtMs: AT_MS,
  holder: "a",
  startedAtMs: AT_MS,
};
const CANCELLING = {
  ...RUNNING,
  status: "cancelling",
  cancellation: {
    cause: "request",
    reason: null,
    requestedBy: null,
    requestedAtMs: AT_MS,
    deliveredAtMs: null,
    acknowledgedAtMs: null,
    gracePeriodSeconds: 30,
  },
};

async function withRow(row: object): Promise<string> {
  const id = newId();
  await bring(id, "cancelling");
  await inObject(id, ({ storage }) => storage.kv.put("task", row));
  // What it knows in memory is of this version.
  await evictDurableObject(objectOf(id));
  return id;
}

const finish = (id: string, status: string) =>
  call("POST", `/v1/tasks/${id}/finish`, { json: { attempt: 1, holder: "a", status } });

describe("a task that version 0.1.0 wrote", () => {
  it("is read, and its worker finishes it", async () => {
    const id = await withRow(RUNNING);
    const attempts = [{ attempt: 1, holder: "a", startedAt: new Date(AT_MS).toISOString() }];
    const read = await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200);
    expect(read).toMatchObject({ status: "running", attempts });
    expect(await taskInAnswer(finish(id, "failed"), 200)).toMatchObject({ status: "failed" });
  });

  it("is taken over, and its holder is fenced", async () => {
    const id = await withRow(RUNNING);
    const start = call("POST", `/v1/tasks/${id}/start`, { json: { holder: "b" } });
    expect(await taskInAnswer(start, 200)).toMatchObject({ attempt: 2 });
    await problemInAnswer(finish(id, "succeeded"), 409, "stale-attempt");
  });

  it("ends at the end of its grace period", async () => {
    const id = await withRow(CANCELLING);
    await ring(id);
    const read = await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200);
    const graceEndsAt = new Date(AT_MS + 30_000).toISOString();
    expect(read).toMatchObject({ status: "cancelled", cancellation: { graceEndsAt } });
  });
});
