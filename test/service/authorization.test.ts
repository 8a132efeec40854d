import { describe, expect, it } from "vitest";
import { router } from "../../src/routes/router.ts";
import {
  bearer,
  bring,
  call,
  closedService,
  everythingOf,
  mint,
  newId,
  problemInAnswer,
} from "./harness.ts";

const SCOPES = ["watch", "work", "cancel", "declare", "admin", "", "unheard-of"];

/** Every route, and who may use it besides `admin`. */
const ROUTES = [
  ["PUT", "/v1/tasks/:id", ["declare"], undefined],
  ["GET", "/v1/tasks/:id", ["watch", "work"], undefined],
  ["HEAD", "/v1/tasks/:id", ["watch", "work"], undefined],
  ["DELETE", "/v1/tasks/:id", ["declare"], undefined],
  ["POST", "/v1/tasks/:id/start", ["work"], { holder: "a" }],
  ["POST", "/v1/tasks/:id/cancel", ["cancel"], undefined],
  ["POST", "/v1/tasks/:id/finish", ["work"], { attempt: 1, status: "cancelled" }],
  ["POST", "/v1/tasks/:id/heartbeat", ["work"], { attempt: 1, holder: "holder-1" }],
  ["POST", "/v1/tasks/:id/release", ["work"], { attempt: 1, holder: "holder-1" }],
  ["POST", "/v1/tasks/:id/retry", ["declare"], undefined],
  ["GET", "/v1/queues/:queue", ["watch", "work"], undefined],
  ["HEAD", "/v1/queues/:queue", ["watch", "work"], undefined],
  ["PUT", "/v1/queues/:queue", ["declare"], { paused: true }],
  ["POST", "/v1/queues/:queue/tasks", ["declare"], { tasks: [{ id: "a" }] }],
  ["POST", "/v1/queues/:queue/claim", ["work"], { holder: "a" }],
  ["GET", "/cancel-task/:id", ["cancel"], undefined],
  ["POST", "/cancel-task/:id", ["cancel"], undefined],
  ["GET", "/watch-task/:id", ["watch", "work"], undefined],
  ["HEAD", "/watch-task/:id", ["watch", "work"], undefined],
] as const;

const UNNAMED = [
  ...ROUTES.map(([method, path, , json]) => [method, path, json] as const),
  ["PATCH", "/v1/tasks/:id", undefined],
  ["GET", "/v2", undefined],
] as const;

const ASKED = ROUTES.flatMap((route) => SCOPES.map((scope) => [scope, ...route] as const));

it("every route has a row in the table of rights", () => {
  const named = router.routes.map(([method, , , path]) => `${method} ${path}`);
  const guarded = named.filter((route) => !/^ALL|^OPTIONS| \/ping$/.test(route));
  expect(guarded.sort()).toEqual(ROUTES.map(([method, path]) => `${method} ${path}`).sort());
});

describe("a token with the scope", () => {
  it.each(ASKED)("%j may or may not %s %s", async (scope, method, route, allowed, json) => {
    const id = newId();
    await bring(id, "cancelling");
    const before = await everythingOf(id);
    const secret = closedService();
    const headers = bearer(await mint(secret, { scope, tasks: [id], claims: { queues: [id] } }));
    const answer = await call(method, route.replace(/:(?:id|queue)/, id), { headers, json });
    if (scope === "admin" || allowed.some((name) => name === scope)) {
      expect([401, 403, 404]).not.toContain(answer.status);
      await answer.body?.cancel();
      return;
    }
    expect(answer.status).toBe(403);
    expect(answer.headers.get("WWW-Authenticate")).toContain('error="insufficient_scope"');
    if (method !== "HEAD") {
      const { detail } = await problemInAnswer(answer, 403, "forbidden");
      expect(detail).toContain(`scope "${allowed[0]}"`);
    }
    expect(await everythingOf(id)).toEqual(before);
  });
});

describe("without a token", () => {
  it.each(UNNAMED)(
    "%s %s answers 401, and the task's object hears nothing of it",
    async (method, route, json) => {
      const id = newId();
      closedService();
      const answer = await call(method, route.replace(/:(?:id|queue)/, id), { json });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("WWW-Authenticate")).toBe('Bearer realm="edge-canceler"');
      if (method !== "HEAD") await problemInAnswer(answer, 401, "unauthorized");
      expect(await everythingOf(id)).toMatchObject({ rows: new Map(), alarmAtMs: null });
    },
  );

  it("GET /ping still says that the service is up", async () => {
    closedService();
    expect((await call("GET", "/ping")).status).toBe(200);
  });
});

it("a link preview cancels nothing: the plain cancel takes its token from the header alone", async () => {
  const id = newId();
  const running = await bring(id, "running");
  const secret = closedService();
  const token = await mint(secret);
  for (const query of [`?token=${token}`, `?access_token=${token}`, `?bearer.${token}`]) {
    await problemInAnswer(call("GET", `/cancel-task/${id}${query}`), 401, "unauthorized");
  }
  const read = call("GET", `/v1/tasks/${id}`, { headers: bearer(token) });
  expect(await (await read).json()).toEqual(running);
});

it("who cancelled is on record: the token's subject", async () => {
  const secret = closedService();
  const headers = bearer(await mint(secret, { claims: { sub: "ci@example" } }));
  for (const [method, route] of [
    ["POST", "/v1/tasks/ID/cancel"],
    ["GET", "/cancel-task/ID"],
    ["POST", "/cancel-task/ID"],
  ] as const) {
    const id = newId();
    expect((await call(method, route.replace("ID", id), { headers })).status).toBe(200);
    const read = await call("GET", `/v1/tasks/${id}`, { headers });
    expect(await read.json(), `${method} ${route}`).toMatchObject({
      cancellation: { requestedBy: "ci@example" },
    });
  }
});
