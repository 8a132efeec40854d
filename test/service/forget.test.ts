import { describe, expect, it } from "vitest";
import { bring } from "./bring.ts";
import { call } from "./call.ts";
import { newId } from "./new-id.ts";
import { problemInAnswer } from "./problem-in-answer.ts";
import { stored } from "./stored.ts";
import { taskInAnswer } from "./task-in-answer.ts";

describe("DELETE /v1/tasks/:id", () => {
  it.each(["succeeded", "failed", "cancelled"] as const)(
    "forgets a %s task: 204, and nothing of it is left on disk",
    async (status) => {
      const id = newId();
      await bring(id, status);
      const response = await call("DELETE", `/v1/tasks/${id}`);
      expect(response.status).toBe(204);
      expect(await response.text()).toBe("");
      await problemInAnswer(call("GET", `/v1/tasks/${id}`), 404, "task-unknown");
      expect(await stored(id)).toEqual({ rows: new Map(), alarmAtMs: null });
    },
  );

  it("of an unknown task is done already: 204, and nothing is written", async () => {
    const id = newId();
    const response = await call("DELETE", `/v1/tasks/${id}`);
    expect(response.status).toBe(204);
    expect(await stored(id)).toEqual({ rows: new Map(), alarmAtMs: null });
  });

  it.each(["pending", "running", "cancelling"] as const)(
    "is refused while the task is %s, with the task",
    async (status) => {
      const id = newId();
      const task = await bring(id, status);
      const problem = await problemInAnswer(call("DELETE", `/v1/tasks/${id}`), 409, "task-alive");
      expect(problem).toMatchObject({ task });
      expect(await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).toEqual(task);
    },
  );

  it("frees the id for a new task, whose life begins at revision 1", async () => {
    const id = newId();
    await bring(id, "cancelled");
    await call("DELETE", `/v1/tasks/${id}`);
    expect(await bring(id, "pending")).toMatchObject({ revision: 1, cancellation: null });
  });
});
