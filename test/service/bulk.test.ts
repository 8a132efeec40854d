import { beforeEach, describe, expect, it, vi } from "vitest";
import { DirectoryObject } from "../../src/directory/directory-object.ts";
import { summaryOf } from "../../src/tasks/task-hint.ts";
import { MAX_REASON_CHARACTERS, type TaskState } from "../../worker-client/protocol.ts";
import type { BulkCancellation, TaskPage } from "../../worker-client/protocol-directory.ts";
import { clock } from "./clock.ts";
import {
  bearer,
  bring,
  call,
  closedService,
  mint,
  PATIENCE,
  problemInAnswer,
  withSettings,
} from "./harness.ts";
import { openEvents } from "./streams.ts";

beforeEach(() => withSettings({ DIRECTORY: "on" }));

/** Tasks of a name that no other test has, which the directory knows. */
async function tasksNamed(count: number): Promise<string> {
  const name = crypto.randomUUID().slice(0, 8);
  for (let index = 0; index < count; index++) {
    await bring(`${name}-${index}`, index % 2 === 0 ? "running" : "pending");
  }
  await vi.waitUntil(
    async () => {
      const page = await (await call("GET", `/v1/tasks?prefix=${name}`)).json<TaskPage>();
      return page.tasks.length === count;
    },
    { ...PATIENCE, interval: 50 },
  );
  return name;
}

async function done(path: string, headers: Readonly<Record<string, string>> = {}) {
  return vi.waitUntil(
    async () => {
      const bulk = await (await call("GET", path, { headers })).json<BulkCancellation>();
      return bulk.status === "done" && bulk;
    },
    { ...PATIENCE, interval: 100 },
  );
}

describe("POST /v1/cancellations", () => {
  it("cancels what it selects of what the token names, and says how far it is", async () => {
    const name = await tasksNamed(6);
    const secret = closedService();
    const as = async (sub: string, tasks: readonly string[]) =>
      bearer(await mint(secret, { scope: "cancel watch", tasks, claims: { sub } }));
    const ann = await as(
      "ann",
      [0, 1, 2, 3].map((index) => `${name}-${index}`),
    );
    const json = { select: { prefix: name }, reason: "wrong data", gracePeriodSeconds: 0 };
    const answer = await call("POST", "/v1/cancellations", { headers: ann, json });
    expect(answer.status).toBe(202);
    const path = answer.headers.get("Location") ?? "";
    expect(await answer.json()).toMatchObject({
      status: "running",
      matched: 0,
      requestedBy: "ann",
    });
    const other = await as("bob", ["*"]);
    await problemInAnswer(call("GET", path, { headers: other }), 404, "cancellation-unknown");
    const bulk = await done(path, ann);
    expect(bulk).toMatchObject({ matched: 4, requested: 4, ended: 4, select: { prefix: name } });
    const all = bearer(await mint(secret));
    const states: TaskState[] = [];
    for (const index of [0, 1, 2, 3, 4, 5]) {
      states.push(await (await call("GET", `/v1/tasks/${name}-${index}`, { headers: all })).json());
    }
    const reasons = states.map(({ cancellation }) => cancellation?.reason);
    expect(reasons).toEqual([...Array(4).fill("wrong data"), undefined, undefined]);
    // A stream of what is done says so, and ends.
    const headers = { ...ann, Accept: "text/event-stream" };
    const events = await (await call("GET", path, { headers })).text();
    expect(events).toContain(`data: ${JSON.stringify(bulk)}\n\n`);
  });

  it("shows a cancel to those who reach all that it can cancel: who began it, and admins", async () => {
    const secret = closedService();
    const token = async (scope: string, tasks: readonly string[], claims: object) =>
      bearer(await mint(secret, { scope, tasks, claims: { ...claims } }));
    const began = async (select: object, tasks: readonly string[], queues: readonly string[]) => {
      const headers = await token("cancel", tasks, { sub: "ann", queues });
      const answer = await call("POST", "/v1/cancellations", {
        headers,
        json: { select, dryRun: true },
      });
      const path = answer.headers.get("Location") ?? "";
      expect((await call("GET", path, { headers })).status).toBe(200);
      return path;
    };
    const reads = async (path: string, headers: Readonly<Record<string, string>>) => {
      const stream = { ...headers, Accept: "text/event-stream" };
      const { status } = await call("GET", path, { headers });
      const { status: streamed, body } = await call("GET", path, { headers: stream });
      await body?.cancel();
      expect(streamed).toBe(status);
      return status === 200;
    };
    const admin = (...names: readonly string[]) => token("admin", names, { sub: "bob" });
    const adminOf = (...queues: readonly string[]) => token("admin", [], { sub: "bob", queues });
    const build = await began({ prefix: "build-" }, ["*"], []);
    expect(await reads(build, await admin("*"))).toBe(true);
    expect(await reads(build, await admin("test-*", "build-*"))).toBe(true);
    expect(await reads(build, await admin("test-*", "build-7-*"))).toBe(false);
    expect(await reads(build, await adminOf("*"))).toBe(false);
    expect(await reads(build, await token("cancel", ["test-*"], { sub: "ann" }))).toBe(false);
    const some = await began({ status: "running" }, ["build-7-*", "build-8"], ["gpu"]);
    expect(await reads(some, await admin("*"))).toBe(true);
    expect(await reads(some, await admin("build-*"))).toBe(false);
    const both = await token("admin", ["build-*"], { sub: "bob", queues: ["gpu", "cpu"] });
    expect(await reads(some, both)).toBe(true);
    const queue = await began({ queue: "gpu" }, ["*"], []);
    expect(await reads(queue, await adminOf("g*"))).toBe(true);
    expect(await reads(queue, await adminOf("cpu"))).toBe(false);
  });

  it("is streamed for as long as the token is valid", async () => {
    const name = await tasksNamed(1);
    const secret = closedService();
    const headers = bearer(await mint(secret, { expiresInSeconds: 60 }));
    const json = { select: { prefix: name }, gracePeriodSeconds: 86_400 };
    const answer = await call("POST", "/v1/cancellations", { headers, json });
    clock.stop();
    const events = await openEvents(answer.headers.get("Location") ?? "", headers);
    let block = await events.next();
    while (!block?.includes('"requested":1')) block = await events.next();
    clock.advance(60);
    while (block !== null) block = await events.next();
  });

  it("is streamed to a hundred watchers at most", async () => {
    const json = { select: { prefix: await tasksNamed(1) }, gracePeriodSeconds: 86_400 };
    const answer = await call("POST", "/v1/cancellations", { json });
    const path = answer.headers.get("Location") ?? "";
    const streams = await Promise.all(Array.from({ length: 100 }, () => openEvents(path)));
    const headers = { Accept: "text/event-stream" };
    const refused = await problemInAnswer(call("GET", path, { headers }), 503, "too-many-watchers");
    expect([refused.title, refused.detail]).toEqual([
      "There are too many watchers",
      expect.stringContaining("bulk cancel"),
    ]);
    await Promise.all(streams.map((stream) => stream.close()));
  });

  it("is done once lists show it, also if no task comes to tell the directory", async () => {
    const name = await tasksNamed(4);
    using note = vi.spyOn(DirectoryObject.prototype, "note").mockResolvedValue();
    const json = { select: { prefix: name }, gracePeriodSeconds: 0 };
    const answer = await call("POST", "/v1/cancellations", { json });
    await done(answer.headers.get("Location") ?? "");
    const query = `prefix=${name}&status=cancelled`;
    const { tasks } = await (await call("GET", `/v1/tasks?${query}`)).json<TaskPage>();
    note.mockRestore();
    expect(tasks).toHaveLength(4);
    for (const task of tasks) {
      const state = await (await call("GET", `/v1/tasks/${task.id}`)).json<TaskState>();
      expect(task).toEqual(summaryOf(state));
    }
  });

  it("counts on trial, and cancels nothing", async () => {
    const name = await tasksNamed(3);
    const json = { select: { prefix: name, status: "running" }, dryRun: true };
    const answer = await call("POST", "/v1/cancellations", { json });
    const bulk = await done(answer.headers.get("Location") ?? "");
    expect(bulk).toMatchObject({ dryRun: true, matched: 2, isMatched: true, requested: 0 });
    const state = await (await call("GET", `/v1/tasks/${name}-0`)).json<TaskState>();
    expect(state.status).toBe("running");
  });

  it("cuts a reason as long as a log, and fails no cancel for it", async () => {
    const json = { select: { prefix: "nobody-" }, reason: "x".repeat(200_000) };
    const bulk = await (await call("POST", "/v1/cancellations", { json })).json<BulkCancellation>();
    expect(bulk.reason).toHaveLength(MAX_REASON_CHARACTERS);
  });

  it.each([
    [{}, 'The field "select"'],
    [{ select: {} }, "selects nothing"],
    [{ select: "all" }, 'like { "prefix": "sweep-7-" }'],
    [{ select: { prefx: "a" } }, 'The field "prefx" is unknown'],
    [{ select: { status: "failed" } }, '"pending", "running", "cancelling"'],
    [{ select: { status: [] } }, "or a list of these, not []"],
    [{ select: { createdAfter: "2026-02-31T00:00:00Z" } }, "must be a time"],
    [{ select: { prefix: "" } }, "must not be empty."],
    [{ select: { prefix: "\ud800" } }, "the beginning of a task id"],
  ])("refuses %j, and says what is right", async (json, said) => {
    const answer = call("POST", "/v1/cancellations", { json });
    const { detail } = await problemInAnswer(answer, 400, "bad-request");
    expect(detail).toContain(said);
  });
});
