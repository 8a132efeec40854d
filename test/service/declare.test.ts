import { describe, expect, it } from "vitest";
import { clock } from "./clock.ts";
import { bring, call, newId, taskInAnswer } from "./harness.ts";

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
