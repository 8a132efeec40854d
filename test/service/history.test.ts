import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { TaskHistory } from "../../worker-client/protocol-directory.ts";
import {
  bearer,
  bring,
  call,
  closedService,
  mint,
  newId,
  problemInAnswer,
  stored,
} from "./harness.ts";

it("tells who declared, started and cancelled a task, also after the object has slept", async () => {
  const secret = closedService();
  const as = async (sub: string) => bearer(await mint(secret, { claims: { sub } }));
  const id = newId();
  await call("PUT", `/v1/tasks/${id}`, { headers: await as("ci") });
  await call("POST", `/v1/tasks/${id}/start`, { headers: await as("gpu"), json: { holder: "a" } });
  await evictDurableObject(env.TASKS.getByName(id), { webSockets: "hibernate" });
  const json = { reason: "wrong data" };
  await call("POST", `/v1/tasks/${id}/cancel`, { headers: await as("ann"), json });
  const answer = await call("GET", `/v1/tasks/${id}/history`, { headers: await as("bob") });
  expect(answer.status).toBe(200);
  const { entries } = await answer.json<TaskHistory>();
  const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
  expect(entries).toEqual([
    { at, type: "declared", by: "ci" },
    { at, type: "started", attempt: 1, holder: "a", by: "gpu" },
    {
      at,
      type: "cancelled",
      cause: "request",
      reason: "wrong data",
      by: "ann",
      gracePeriodSeconds: 30,
    },
  ]);
  // All of it is the one row of the task.
  expect([...(await stored(id)).rows.keys()]).toEqual(["task"]);
});

it("is unknown of a task that is unknown, or that the token does not name", async () => {
  const id = newId();
  await problemInAnswer(call("GET", `/v1/tasks/${id}/history`), 404, "task-unknown");
  await bring(id, "running");
  const headers = bearer(await mint(closedService(), { tasks: ["other"] }));
  await problemInAnswer(call("GET", `/v1/tasks/${id}/history`, { headers }), 404, "task-unknown");
});

it("begins anew with the next task of an id", async () => {
  const id = newId();
  await bring(id, "failed");
  await call("DELETE", `/v1/tasks/${id}`);
  await call("PUT", `/v1/tasks/${id}`);
  const { entries } = await (await call("GET", `/v1/tasks/${id}/history`)).json<TaskHistory>();
  expect(entries.map(({ type }) => type)).toEqual(["declared"]);
});
