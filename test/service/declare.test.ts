import { describe, expect, it } from "vitest";
import { clock } from "./clock.ts";
import { bring, call, newId, problemInAnswer, taskInAnswer } from "./harness.ts";

describe("PUT /v1/tasks/:id", () => {
  it("makes a pending task: 201 with where it lives and what it is", async () => {
    const id = newId();
    const nowMs = clock.stop();
    const response = await call("PUT", `/v1/tasks/${id}`, { json: { metadata: { by: "ci" } } });
    expect(response.headers.get("Location")).toBe(`/v1/tasks/${id}`);
    expect(await taskInAnswer(response, 201)).toEqual({
      id,
      status: "pending",
      revision: nowMs + 1,
      attempt: 0,
      createdAt: new Date(nowMs).toISOString(),
      startedAt: null,
      deadlineAt: null,
      endedAt: null,
      cancellation: null,
      metadata: { by: "ci" },
      result: null,
      error: null,
      attempts: [],
      maxAttempts: 1,
      failures: 0,
      availableAt: null,
      lease: null,
      progress: null,
      parent: null,
      descendants: null,
      queue: null,
      priority: 0,
      traceparent: null,
      watchers: 0,
    });
  });

  it("needs no body, for every field is optional", async () => {
    const task = await taskInAnswer(call("PUT", `/v1/tasks/${newId()}`), 201);
    expect(task).toMatchObject({ status: "pending", metadata: {} });
  });

  it("takes null for a field that is not given", async () => {
    const json = {
      timeoutSeconds: null,
      gracePeriodSeconds: null,
      retentionSeconds: null,
      metadata: null,
    };
    const task = await taskInAnswer(call("PUT", `/v1/tasks/${newId()}`, { json }), 201);
    expect(task).toMatchObject({ status: "pending", metadata: {} });
  });

  it("answers 200 with the task as it is, when it is known", async () => {
    const id = newId();
    const first = await bring(id, "running", { metadata: { first: true } });
    const second = call("PUT", `/v1/tasks/${id}`, { json: { metadata: { first: false } } });
    expect(await taskInAnswer(second, 200)).toEqual(first);
    expect((await second).headers.get("Location")).toBeNull();
  });

  it("after a cancel tells who declares that the task is cancelled already", async () => {
    const id = newId();
    await taskInAnswer(call("POST", `/v1/tasks/${id}/cancel`), 200);
    const task = await taskInAnswer(call("PUT", `/v1/tasks/${id}`), 200);
    expect(task).toMatchObject({ status: "cancelled", cancellation: { cause: "request" } });
  });

  it("sets the timeout and the grace period that the task then runs with", async () => {
    const id = newId();
    clock.stop();
    const running = await bring(id, "running", { timeoutSeconds: 90, gracePeriodSeconds: 2.5 });
    const soon = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
    expect(running.deadlineAt).toBe(soon(90));
    const cancelling = await taskInAnswer(call("POST", `/v1/tasks/${id}/cancel`), 202);
    expect(cancelling.cancellation?.graceEndsAt).toBe(soon(2.5));
  });

  it.each([`A-Z.a_z~0:9-${"x".repeat(4)}`, "...", "0", "x".repeat(128)])(
    "takes %s for an id",
    async (id) => {
      const task = await taskInAnswer(call("PUT", `/v1/tasks/${id}`), 201);
      expect(task.id).toBe(id);
    },
  );

  it("knows a task by its id also where the URL has it percent-encoded", async () => {
    const id = newId();
    await bring(id, "pending");
    const encoded = id.replaceAll("-", "%2D");
    expect(await taskInAnswer(call("GET", `/v1/tasks/${encoded}`), 200)).toMatchObject({ id });
  });
});

describe("the input of a task", () => {
  const input = { images: ["a.png", "ü.png"], n: 1 };

  it("is given to whoever starts it and reads it, and not to those who watch", async () => {
    const id = newId();
    const declared = await taskInAnswer(call("PUT", `/v1/tasks/${id}`, { json: { input } }), 201);
    expect(declared).not.toHaveProperty("input");
    const start = () => call("POST", `/v1/tasks/${id}/start`, { json: { holder: "a" } });
    expect(await taskInAnswer(start(), 200)).toMatchObject({ input });
    expect(await taskInAnswer(start(), 200)).toMatchObject({ input });
    expect(await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).toMatchObject({ input });
    const cancel = call("POST", `/v1/tasks/${id}/cancel`);
    expect(await taskInAnswer(cancel, 202)).not.toHaveProperty("input");
  });

  it("can be 64 KiB of JSON, written with escapes, and not more", async () => {
    const text = "a".repeat(64 * 1024 - 2);
    const escaped = `{"input":"${"\\u0061".repeat(8 * 1024)}${text.slice(8 * 1024)}"}`;
    const body = (content: string) => ({
      headers: { "Content-Type": "application/json" },
      body: content,
    });
    const id = newId();
    await taskInAnswer(call("PUT", `/v1/tasks/${id}`, body(escaped)), 201);
    expect(await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).toMatchObject({ input: text });
    const tooLong = call("PUT", `/v1/tasks/${newId()}`, { json: { input: `${text}b` } });
    expect((await problemInAnswer(tooLong, 400, "bad-request")).detail).toContain("64 KiB");
  });
});

describe("a task that is declared for later", () => {
  // An hour from now, by a clock that is an hour behind.
  const inTwoHours = new Date(Date.now() + 3_600_000).toISOString().replace("Z", "-01:00");

  it.each([
    ["a delay", { delaySeconds: 60 }],
    ["a time with a zone", { availableAt: inTwoHours }],
  ])("with %s is not started before", async (_, json) => {
    const id = newId();
    const { availableAt } = await taskInAnswer(call("PUT", `/v1/tasks/${id}`, { json }), 201);
    expect(Date.parse(availableAt ?? "")).toBeGreaterThan(Date.now());
    const start = call("POST", `/v1/tasks/${id}/start`, { json: { holder: "a" } });
    expect((await start).headers.get("Retry-After")).toMatch(/^\d+$/);
    await problemInAnswer(start, 409, "task-held");
  });

  it.each(["tomorrow", "2026-13-01T12:00:00Z", "2026-01-31", "2026-01-31T12:00:00", 5])(
    "at %j is refused",
    async (availableAt) => {
      const declare = call("PUT", `/v1/tasks/${newId()}`, { json: { availableAt } });
      expect((await problemInAnswer(declare, 400, "bad-request")).detail).toContain("availableAt");
    },
  );

  it("by both a time and a delay is refused", async () => {
    const json = { delaySeconds: 1, availableAt: inTwoHours };
    const declare = call("PUT", `/v1/tasks/${newId()}`, { json });
    expect((await problemInAnswer(declare, 400, "bad-request")).detail).toContain("either");
  });
});

describe("a task that has failed", () => {
  it("runs again when somebody asks for it, and only then", async () => {
    const id = newId();
    const retry = () => call("POST", `/v1/tasks/${id}/retry`);
    await problemInAnswer(retry(), 404, "task-unknown");
    await bring(id, "running");
    await problemInAnswer(retry(), 409, "task-not-failed");
    await call("POST", `/v1/tasks/${id}/finish`, { json: { attempt: 1, status: "failed" } });
    const again = await taskInAnswer(retry(), 200);
    expect(again).toMatchObject({ status: "pending", failures: 0, endedAt: null });
  });
});

describe("the trace of a request", () => {
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  it("stays with the task that it makes, whoever reads or starts it later", async () => {
    const id = newId();
    const other = traceparent.replace("4bf9", "0000");
    await call("PUT", `/v1/tasks/${id}`, { headers: { traceparent } });
    const json = { holder: "a" };
    const start = call("POST", `/v1/tasks/${id}/start`, { json, headers: { traceparent: other } });
    expect(await taskInAnswer(start, 200)).toMatchObject({ traceparent });
  });

  it("is that of a start which makes the task", async () => {
    const headers = { traceparent };
    const start = call("POST", `/v1/tasks/${newId()}/start`, { json: { holder: "a" }, headers });
    expect(await taskInAnswer(start, 200)).toMatchObject({ traceparent });
  });

  it.each(["", "1", traceparent.toUpperCase(), `ff${traceparent.slice(2)}`, `${traceparent}-x`])(
    "is none if it says %j, and the request is served",
    async (malformed) => {
      const headers = { traceparent: malformed };
      const declared = call("PUT", `/v1/tasks/${newId()}`, { headers });
      expect(await taskInAnswer(declared, 201)).toMatchObject({ traceparent: null });
    },
  );
});
