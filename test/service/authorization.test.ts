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
  withSettings,
} from "./harness.ts";
import { ROUTES } from "./rights.ts";

const SCOPES = ["watch", "work", "cancel", "declare", "admin", "", "unheard-of"];

const ASKED = ROUTES.flatMap((route) => SCOPES.map((scope) => [scope, ...route] as const));

it("every route has a row in the table of rights", () => {
  const named = router.routes.map(([method, , , path]) => `${method} ${path}`);
  const guarded = named.filter(
    (route) => !/^ALL|^OPTIONS| \/(ping|openapi\.json|docs|console(\/:file)?)$/.test(route),
  );
  // `webhooks.test.ts` tries every scope on those of webhooks, which only `admin` may use.
  const others = guarded.filter((route) => !route.includes(" /v1/webhooks"));
  expect(others.sort()).toEqual(ROUTES.map(([method, path]) => `${method} ${path}`).sort());
});

describe("a token with the scope", () => {
  it.each(ASKED)("%j may or may not %s %s", async (scope, method, route, allowed, json) => {
    const id = newId();
    await bring(id, "cancelling");
    const before = await everythingOf(id);
    const secret = closedService();
    withSettings({ DIRECTORY: "on" });
    const tasks = [route === "/v1/stats" ? "*" : id];
    const headers = bearer(await mint(secret, { scope, tasks, claims: { queues: [id] } }));
    const answer = await call(method, route.replace(/:(?:id|queue)/, id), { headers, json });
    if (scope === "admin" || allowed.some((name) => name === scope)) {
      // The service chooses the ids of bulk cancels.
      const refused = route === "/v1/cancellations/:id" ? [401, 403] : [401, 403, 404];
      expect(refused).not.toContain(answer.status);
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
