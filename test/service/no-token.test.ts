import { describe, expect, it } from "vitest";
import { call, closedService, everythingOf, newId, problemInAnswer } from "./harness.ts";
import { ROUTES } from "./rights.ts";

const UNNAMED = [
  ...ROUTES.map(([method, path, , json]) => [method, path, json] as const),
  ["PATCH", "/v1/tasks/:id", undefined],
  ["GET", "/v2", undefined],
] as const;

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
