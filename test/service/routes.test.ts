import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import document from "../../src/routes/openapi.json" with { type: "json" };
import { call, newId, problemInAnswer, stored, withSettings } from "./harness.ts";

it("GET /ping says that the service is up", async () => {
  const response = await exports.default.fetch("https://localhost/ping");
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ message: "pong" });
});

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

const ROUTES = [
  ["/ping", "GET, HEAD"],
  ["/v1/tasks", "GET, HEAD"],
  ["/v1/cancellations", "POST"],
  ["/v1/cancellations/ID", "GET, HEAD"],
  ["/v1/stats", "GET, HEAD"],
  ["/v1/tasks/ID", "GET, HEAD, PUT, DELETE"],
  ["/openapi.json", "GET, HEAD"],
  ["/docs", "GET, HEAD"],
  ["/v1/tasks/ID/history", "GET, HEAD"],
  ["/v1/tasks/ID/start", "POST"],
  ["/v1/tasks/ID/retry", "POST"],
  ["/v1/tasks/ID/cancel", "POST"],
  ["/v1/tasks/ID/finish", "POST"],
  ["/cancel-task/ID", "GET, POST"],
  ["/watch-task/ID", "GET, HEAD"],
] as const;

it.each(ROUTES)("%s serves %s, and answers 405 to every other method", async (route, allow) => {
  const id = newId();
  const path = route.replace("ID", id);
  for (const method of METHODS.filter((name) => !allow.split(", ").includes(name))) {
    const response = await call(method, path);
    expect(response.headers.get("Allow"), method).toBe(allow);
    if (method === "HEAD") {
      expect(response.status).toBe(405);
      continue;
    }
    const { detail } = await problemInAnswer(response, 405, "method-not-allowed");
    expect(detail).toContain(`${method} ${path}`);
    expect(detail).toContain(allow);
  }
  expect(await stored(id)).toEqual({ rows: new Map(), alarmAtMs: null });
});

it.each(ROUTES)("%s serves %s, indeed", async (route, allow) => {
  const id = newId();
  // Cancelled first, so that no watch of it is parked.
  await call("POST", `/v1/tasks/${id}/cancel`);
  for (const method of allow.split(", ")) {
    const response = await call(method, route.replace("ID", id));
    expect(response.status, method).not.toBe(405);
    await response.body?.cancel();
  }
});

it.each(["/", "/v1", "/v2/tasks/1", "/v1/tasks/1/stop", "/cancel-task"])(
  "%s is no route: 404, which says where tasks, the console and the list of routes are",
  async (path) => {
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const { detail } = await problemInAnswer(call(method, path), 404, "no-such-route");
      expect(detail).toContain(JSON.stringify(path));
      for (const place of ["/v1/tasks/:id", "/console", "/docs"]) expect(detail).toContain(place);
    }
  },
);

const OPERATIONS = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries<{ readonly parameters: readonly Parameter[] }>(methods).map(
    ([method, { parameters }]) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, crypto.randomUUID()),
      inQuery: parameters.filter((one) => one.in === "query").map(({ name }) => name),
    }),
  ),
);

interface Parameter {
  readonly in: string;
  readonly name: string;
}

it("a query has the parameters of openapi.json, each once, and no others", async () => {
  withSettings({ DIRECTORY: "on" });
  for (const { method, path, inQuery } of OPERATIONS.filter((one) => one.path.startsWith("/v1/"))) {
    const asked = (query: string) =>
      problemInAnswer(call(method, `${path}?${query}`), 400, "bad-request");
    const { detail } = await asked("surprise=secret");
    const known = ["this request takes no parameters.", `the only parameter is ${inQuery[0]}.`];
    expect(detail).toContain(
      `The parameter "surprise" is unknown: ${known[inQuery.length] ?? "the parameters are "}`,
    );
    expect(detail).not.toContain("secret");
    const [first = null] = inQuery;
    if (first === null) continue;
    // None of them is right without a value, or without a body.
    expect((await asked(inQuery.map((name) => `${name}=`).join("&"))).detail).not.toContain(
      "is unknown",
    );
    expect((await asked(`${first}=1&${first}=1`)).detail).toContain(`"${first}" comes twice`);
  }
});

/** What takes a body, also if no field of it is known. */
const WITH_BODY = OPERATIONS.filter(
  ({ method, path }) => path.startsWith("/v1/") && method !== "GET",
);
const TOO_LARGE = " ".repeat(256 * 1024 + 1);

it.each(WITH_BODY)(
  "$method $path takes a body of known fields only, and no huge one",
  async ({ method, path }) => {
    withSettings({ DIRECTORY: "on", WEBHOOK_HOSTS: "hooks.example.com" });
    const { detail } = await problemInAnswer(
      call(method, path, { json: { surprise: 1 } }),
      400,
      "bad-request",
    );
    expect(detail).toContain('The field "surprise" is unknown');
    await problemInAnswer(call(method, path, { body: TOO_LARGE }), 413, "body-too-large");
  },
);

it.each(["/cancel-task/ID?a=1&a=2", "/watch-task/ID?wait=x&attempt=x&_=1&_=2"])(
  "%s is served: a loop may add what it likes",
  async (route) => {
    const id = newId();
    await call("GET", `/cancel-task/${id}`);
    expect((await call("GET", route.replace("ID", id))).status).toBe(200);
  },
);

it("GET /docs describes every operation of openapi.json, in a page without scripts", async () => {
  const { paths } = await (await call("GET", "/openapi.json")).json<typeof document>();
  const response = await call("GET", "/docs");
  expect(response.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
  expect(response.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
  const page = await response.text();
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of Object.keys(operations)) {
      expect(page).toContain(`${method.toUpperCase()} ${path}</h3>`);
    }
  }
  expect(page).not.toMatch(/<script|undefined|\[object/);
});
