import { describe, expect, it } from "vitest";
import { bring, call, newId, problemInAnswer, taskInAnswer } from "./harness.ts";

const start = (id: string, holder: string) =>
  call("POST", `/v1/tasks/${id}/start`, { json: { holder } });

describe("POST /v1/tasks/:id/start", () => {
  it("runs a declared task at attempt 1", async () => {
    const id = newId();
    const { revision } = await bring(id, "pending");
    const task = await taskInAnswer(start(id, "a"), 200);
    expect(task).toMatchObject({ id, status: "running", attempt: 1, revision: revision + 1 });
    expect(task.startedAt).not.toBeNull();
  });

  it("runs a task that nobody has declared", async () => {
    const task = await taskInAnswer(start(newId(), "a"), 200);
    const revision = Date.parse(task.createdAt) + 1;
    expect(task).toMatchObject({ status: "running", attempt: 1, revision });
  });

  it("gives the same holder the same attempt, for an answer may have been lost", async () => {
    const id = newId();
    const first = await taskInAnswer(start(id, "a"), 200);
    expect(await taskInAnswer(start(id, "a"), 200)).toEqual(first);
  });

  it("gives another holder the next attempt, and fences the earlier one", async () => {
    const id = newId();
    const { revision } = await taskInAnswer(start(id, "a"), 200);
    expect(await taskInAnswer(start(id, "b"), 200)).toMatchObject({
      attempt: 2,
      revision: revision + 1,
    });
    const json = { attempt: 1, status: "succeeded" };
    const late = call("POST", `/v1/tasks/${id}/finish`, { json });
    const { task } = await problemInAnswer(late, 409, "stale-attempt");
    expect(task).toMatchObject({ status: "running", attempt: 2 });
  });

  it("answers the holder of a cancelling task with the cancel", async () => {
    const id = newId();
    const cancelling = await bring(id, "cancelling");
    expect(await taskInAnswer(start(id, "holder-1"), 200)).toEqual(cancelling);
  });

  it("is refused to another holder while the task is cancelling, with the task", async () => {
    const id = newId();
    const task = await bring(id, "cancelling");
    const problem = await problemInAnswer(start(id, "b"), 409, "task-cancelling");
    expect(problem).toMatchObject({ task });
  });

  it.each(["succeeded", "failed", "cancelled"] as const)(
    "is refused once the task is %s, with the task",
    async (status) => {
      const id = newId();
      const task = await bring(id, status);
      const problem = await problemInAnswer(start(id, "holder-1"), 409, "task-ended");
      expect(problem).toMatchObject({ task });
      expect(problem.detail).toContain(status);
    },
  );

  it("is refused when the cancel came before the worker", async () => {
    const id = newId();
    await call("GET", `/cancel-task/${id}`);
    const { task } = await problemInAnswer(start(id, "a"), 409, "task-ended");
    expect(task).toMatchObject({ status: "cancelled", cancellation: { cause: "request" } });
  });
});
