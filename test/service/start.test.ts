import { describe, expect, it } from "vitest";
import { clock } from "./clock.ts";
import { bring, call, newId, problemInAnswer, ring, stored, taskInAnswer } from "./harness.ts";

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

  it.each(["succeeded", "cancelled"] as const)(
    "is refused once the task is %s, with the task and what to do",
    async (status) => {
      const id = newId();
      const task = await bring(id, status);
      const problem = await problemInAnswer(start(id, "another"), 409, "task-ended");
      expect(problem).toMatchObject({ task });
      expect(problem.detail).toContain(
        `(${status}) and does not run again: use a new id, or forget`,
      );
    },
  );

  it("runs a failed task again, for another holder and with its whole time", async () => {
    const id = newId();
    clock.stop();
    const settings = { timeoutSeconds: 60, retentionSeconds: 3600 };
    const failed = await bring(id, "failed", settings);
    const nowMs = clock.advance(3599);
    const again = await taskInAnswer(start(id, "another"), 200);
    expect(again).toMatchObject({
      status: "running",
      revision: failed.revision + 1,
      attempt: 2,
      startedAt: new Date(nowMs).toISOString(),
      deadlineAt: new Date(nowMs + 60_000).toISOString(),
      endedAt: null,
      attempts: [
        { attempt: 1, holder: "holder-1", outcome: "failed", endedAt: failed.endedAt },
        { attempt: 2, holder: "another", outcome: null },
      ],
    });
    // The alarm of its retention rings for nothing, and is set for the deadline.
    clock.advance(1);
    await ring(id);
    expect(await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).toEqual(again);
    expect(await stored(id)).toMatchObject({ alarmAtMs: nowMs + 60_000 });
  });

  it("is refused to the holder that failed, and says how to run it again", async () => {
    const id = newId();
    const task = await bring(id, "failed");
    const problem = await problemInAnswer(start(id, "holder-1"), 409, "task-ended");
    expect(problem).toMatchObject({ task });
    expect(problem.detail).toContain("start it with another holder");
  });

  it("is refused to a fenced holder, whose start may have been delayed", async () => {
    const id = newId();
    await start(id, "a");
    const task = await taskInAnswer(start(id, "b"), 200);
    const problem = await problemInAnswer(start(id, "a"), 409, "stale-attempt");
    expect(problem).toMatchObject({ task });
    expect(problem.detail).toContain("A new run needs a holder of its own");
  });

  it("is refused when the cancel came before the worker", async () => {
    const id = newId();
    await call("GET", `/cancel-task/${id}`);
    const { task } = await problemInAnswer(start(id, "a"), 409, "task-ended");
    expect(task).toMatchObject({ status: "cancelled", cancellation: { cause: "request" } });
  });
});
