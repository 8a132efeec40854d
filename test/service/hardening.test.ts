import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { clock } from "./clock.ts";
import {
  bearer,
  bring,
  call,
  closedService,
  mint,
  newId,
  problemInAnswer,
  withSettings,
} from "./harness.ts";

describe("every answer", () => {
  it.each(["/ping", "/v1/tasks/1", "/v1/tasks/a%20b", "/nowhere"])(
    "to %s is not cached, not sniffed, and names no server",
    async (path) => {
      const { headers } = await call("GET", path);
      expect(headers.get("Cache-Control")).toBe("no-store");
      expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect([headers.get("Server"), headers.get("X-Powered-By")]).toEqual([null, null]);
    },
  );
});

describe("the log", () => {
  it("has a line for each request: of which task, by whom, what came of it, and no more", async () => {
    const secret = closedService();
    using log = vi.spyOn(console, "log").mockReturnValue();
    const id = newId();
    const token = await mint(secret, { claims: { sub: "ci@example" } });
    const body = { reason: "private matters" };
    await call("POST", `/v1/tasks/${id}/cancel?x=${token}`, { headers: bearer(token), json: body });
    // However it is written, and though whoever has the wrong token comes to no route.
    const written = id.replace("t", "%74");
    await call("GET", `/v1/tasks/${written}?token=${token}`, { headers: bearer(`${token}x`) });
    const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)));
    expect(lines).toEqual([
      {
        event: "request",
        method: "POST",
        route: "/v1/tasks/:id/cancel",
        taskId: id,
        status: 200,
        subject: "ci@example",
        durationMs: expect.any(Number),
      },
      {
        event: "request",
        method: "GET",
        route: "*",
        taskId: id,
        status: 401,
        subject: null,
        durationMs: expect.any(Number),
      },
    ]);
    const text = JSON.stringify(log.mock.calls);
    expect(text).not.toContain(token.slice(-20));
    expect(text).not.toContain("private");
  });
});

describe("a body", () => {
  it.each([{}, { "Content-Length": "20" }])(
    "that comes too slowly is given up after 10 s, and changes nothing: %j",
    async (headers) => {
      clock.stop();
      const id = newId();
      const before = await bring(id, "running");
      const { readable, writable } = new TransformStream<Uint8Array>();
      const writer = writable.getWriter();
      const cancel = call("POST", `/v1/tasks/${id}/cancel`, { body: readable, headers });
      writer.write(new TextEncoder().encode('{"rea')).catch(() => {});
      await clock.timers(1);
      clock.advance(10);
      const { detail } = await problemInAnswer(cancel, 408, "body-too-slow");
      expect(detail).toContain("10 s");
      expect(await (await call("GET", `/v1/tasks/${id}`)).json()).toEqual(before);
    },
  );

  it("of who may not is not waited for: 401 while it still comes", async () => {
    closedService();
    const { readable, writable } = new TransformStream<Uint8Array>();
    writable
      .getWriter()
      .write(new TextEncoder().encode('{"rea'))
      .catch(() => {});
    const cancel = call("POST", "/v1/tasks/1/cancel", { body: readable });
    await problemInAnswer(cancel, 401, "unauthorized");
  });
});

describe("a rate limit", () => {
  it("counts by token: 429 with Retry-After, and the next token is let in", async () => {
    const secret = closedService();
    withSettings({ RATE_LIMITER: env.TEST_RATE_LIMITER });
    const subjects = [newId(), newId()];
    const [one = "", other = ""] = await Promise.all(
      subjects.map((sub) => mint(secret, { claims: { sub } })),
    );
    const ask = (token: string) => call("PUT", `/v1/tasks/${newId()}`, { headers: bearer(token) });
    expect([(await ask(one)).status, (await ask(one)).status]).toEqual([201, 201]);
    const refused = ask(one);
    await problemInAnswer(refused, 429, "too-many-requests");
    expect((await refused).headers.get("Retry-After")).toBe("10");
    expect((await ask(other)).status).toBe(201);
  });
});
