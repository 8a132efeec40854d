import { describe, expect, it } from "vitest";
import { clock } from "./clock.ts";
import { bring, call, newId, parked, problemInAnswer, stored, taskInAnswer } from "./harness.ts";
import { openEvents, openSocket } from "./streams.ts";

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

  it("frees the id for a new task, which whoever watched the old one does not take for it", async () => {
    const id = newId();
    clock.stop();
    const { revision } = await bring(id, "cancelled");
    await call("DELETE", `/v1/tasks/${id}`);
    clock.advance(1);
    // As many changes as the old one had.
    const another = await bring(id, "cancelled");
    expect(another.revision).toBeGreaterThan(revision);
    const poll = call("GET", `/v1/tasks/${id}?wait=300&revision=${revision}`);
    expect(await taskInAnswer(poll, 200)).toMatchObject({
      createdAt: another.createdAt,
      revision: another.revision,
    });
  });
});

const NOTHING = new Map();

it("reading an unknown task writes nothing", async () => {
  const id = newId();
  for (const query of ["", "?revision=0", "?revision=3", "?wait=300&revision=3"]) {
    const response = await call("GET", `/v1/tasks/${id}${query}`);
    await response.text();
  }
  expect(await stored(id)).toEqual({ rows: NOTHING, alarmAtMs: null });
});

it.each([
  ["a long poll", (id: string) => call("GET", `/v1/tasks/${id}?wait=20`)],
  ["the plain-text watch", (id: string) => call("GET", `/watch-task/${id}`)],
])("%s that is parked on an unknown task stores nothing at all", async (_, watch) => {
  const id = newId();
  const poll = watch(id);
  await parked(id, 1);
  expect(await stored(id)).toEqual({ rows: NOTHING, alarmAtMs: null });
  clock.advance(20);
  await (await poll).text();
  expect(await stored(id)).toEqual({ rows: NOTHING, alarmAtMs: null });
});

it("streams that are parked on an unknown task store nothing at all", async () => {
  const id = newId();
  const events = await openEvents(`/v1/tasks/${id}`);
  const socket = await openSocket(`/v1/tasks/${id}`);
  await parked(id, 2);
  expect(await stored(id)).toEqual({ rows: NOTHING, alarmAtMs: null });
  socket.close();
  await events.close();
  await parked(id, 0);
  expect(await stored(id)).toEqual({ rows: NOTHING, alarmAtMs: null });
});

it("refused commands on an unknown task write nothing", async () => {
  const id = newId();
  const json = { attempt: 1, status: "succeeded" };
  expect((await call("POST", `/v1/tasks/${id}/finish`, { json })).status).toBe(404);
  expect(await stored(id)).toEqual({ rows: NOTHING, alarmAtMs: null });
});
