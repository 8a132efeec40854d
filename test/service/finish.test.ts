import { describe, expect, it } from "vitest";
import type { FinishRequest } from "../../worker-client/protocol.ts";
import { bring, call, newId, problemInAnswer, taskInAnswer } from "./harness.ts";

const finish = (id: string, json: FinishRequest) =>
  call("POST", `/v1/tasks/${id}/finish`, { json });

describe("POST /v1/tasks/:id/finish", () => {
  it("as succeeded ends the task with its result", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const result = { lines: [1, 2, 3] };
    const task = await taskInAnswer(finish(id, { attempt: 1, status: "succeeded", result }), 200);
    expect(task).toMatchObject({
      status: "succeeded",
      revision: revision + 1,
      result,
      error: null,
    });
    expect(task.endedAt).not.toBeNull();
    expect(task.cancellation).toBeNull();
  });

  it("as succeeded is refused with an error, and changes nothing", async () => {
    const id = newId();
    await bring(id, "running");
    const refused = finish(id, { attempt: 1, status: "succeeded", error: { code: 1 } });
    await problemInAnswer(refused, 400, "bad-request");
    expect((await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).status).toBe("running");
  });

  it("as failed ends the task with its error", async () => {
    const id = newId();
    await bring(id, "running");
    const error = "out of memory";
    const task = await taskInAnswer(finish(id, { attempt: 1, status: "failed", error }), 200);
    expect(task).toMatchObject({ status: "failed", result: null, error });
  });

  it("as cancelled acknowledges the cancel", async () => {
    const id = newId();
    const { revision } = await bring(id, "cancelling");
    const task = await taskInAnswer(finish(id, { attempt: 1, status: "cancelled" }), 200);
    expect(task).toMatchObject({ status: "cancelled", revision: revision + 1 });
    expect(task.cancellation?.acknowledgedAt).toBe(task.endedAt);
  });

  it.each(["succeeded", "failed"] as const)(
    "as %s after a cancel says that the worker was first; the cancel stays on record",
    async (status) => {
      const id = newId();
      const { cancellation } = await bring(id, "cancelling");
      const task = await taskInAnswer(finish(id, { attempt: 1, status }), 200);
      expect(task).toMatchObject({ status, cancellation });
      expect(task.cancellation?.acknowledgedAt).toBeNull();
    },
  );

  it.each(["succeeded", "failed", "cancelled"] as const)(
    "as %s again answers 200 with the task as it ended",
    async (status) => {
      const id = newId();
      const ended = await bring(id, status);
      const again = finish(id, { attempt: 1, status, result: "another" });
      expect(await taskInAnswer(again, 200)).toEqual(ended);
    },
  );

  it.each([
    ["succeeded", "failed"],
    ["failed", "succeeded"],
    ["succeeded", "cancelled"],
    ["cancelled", "succeeded"],
    ["cancelled", "failed"],
  ] as const)("of a %s task as %s is refused: ended is ended", async (ended, status) => {
    const id = newId();
    const task = await bring(id, ended);
    const problem = await problemInAnswer(finish(id, { attempt: 1, status }), 409, "task-ended");
    expect(problem).toMatchObject({ task });
    expect(await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).toEqual(task);
  });

  it.each(["running", "cancelling", "succeeded"] as const)(
    "of another attempt is refused on a %s task, and changes nothing",
    async (before) => {
      const id = newId();
      const task = await bring(id, before);
      for (const status of ["succeeded", "failed", "cancelled"] as const) {
        const stale = finish(id, { attempt: 2, status });
        expect(await problemInAnswer(stale, 409, "stale-attempt")).toMatchObject({ task });
      }
      expect(await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).toEqual(task);
    },
  );

  it("as cancelled is refused where nobody has cancelled", async () => {
    const id = newId();
    const task = await bring(id, "running");
    const refused = finish(id, { attempt: 1, status: "cancelled" });
    expect(await problemInAnswer(refused, 409, "task-not-cancelled")).toMatchObject({ task });
  });

  it("is refused before the start", async () => {
    const id = newId();
    const task = await bring(id, "pending");
    const refused = finish(id, { attempt: 1, status: "succeeded" });
    expect(await problemInAnswer(refused, 409, "task-not-started")).toMatchObject({ task });
  });

  it("answers 404 for an unknown task", async () => {
    const refused = finish(newId(), { attempt: 1, status: "succeeded" });
    const { detail } = await problemInAnswer(refused, 404, "task-unknown");
    expect(detail).toContain("/start");
  });

  it("takes any JSON for a result, up to 4 KiB of it", async () => {
    for (const result of [false, 0, "", [], { a: { b: [null] } }, "x".repeat(4094)]) {
      const id = newId();
      await bring(id, "running");
      const task = await taskInAnswer(finish(id, { attempt: 1, status: "succeeded", result }), 200);
      expect(task.result).toEqual(result);
    }
  });
});
