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
import { Issuer } from "./issuer.ts";

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

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe("the log", () => {
  it("has a line for each request: of which task, by whom, what came of it, and no more", async () => {
    const secret = closedService();
    using log = vi.spyOn(console, "log").mockReturnValue();
    const id = newId();
    const token = await mint(secret, { claims: { sub: "ci@example" } });
    const body = { reason: "private matters" };
    await call("POST", `/v1/tasks/${id}/cancel?tree=false`, { headers: bearer(token), json: body });
    // However it is written, and although a request with the wrong token comes to no route.
    const written = id.replace("t", "%74");
    await call("GET", `/v1/tasks/${written}?token=${token}`, { headers: bearer(`${token}x`) });
    const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)));
    expect(lines).toEqual([
      {
        event: "request",
        loggedAt: expect.stringMatching(TIME),
        method: "POST",
        route: "/v1/tasks/:id/cancel",
        taskId: id,
        attempt: 0,
        status: 200,
        subject: "ci@example",
        durationMs: expect.any(Number),
      },
      {
        event: "request",
        loggedAt: expect.stringMatching(TIME),
        method: "GET",
        route: "/v1/tasks/:id",
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

  it("names the attempt that an answer tells of, in a refusal and to a HEAD as well", async () => {
    const id = newId();
    using log = vi.spyOn(console, "log").mockReturnValue();
    await call("POST", `/v1/tasks/${id}/start`, { json: { holder: "a" } });
    await call("POST", `/v1/tasks/${id}/start`, { json: { holder: "b" } });
    const late = { attempt: 1, status: "succeeded" };
    await call("POST", `/v1/tasks/${id}/finish`, { json: late });
    await call("HEAD", `/v1/tasks/${id}`);
    const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)));
    expect(lines.map(({ status, attempt }) => [status, attempt])).toEqual([
      [200, 1],
      [200, 2],
      [409, 2],
      [200, 2],
    ]);
  });

  it.each([
    ["GET", "/v1/tasks/7", "/v1/tasks/:id", "7"],
    ["POST", "/v1/tasks/7/finish", "/v1/tasks/:id/finish", "7"],
    ["PATCH", "/watch-task/7", "/watch-task/:id", "7"],
    ["GET", "/somewhere/secret", "*", null],
    ["GET", "/v1/tasks/%E0%A4", "/v1/tasks/:id", null],
  ])(
    "names the route of %s %s, which is refused before it",
    async (method, path, route, taskId) => {
      closedService();
      using log = vi.spyOn(console, "log").mockReturnValue();
      expect((await call(method, path)).status).toBe(401);
      const [line] = log.mock.calls.map(([text]) => JSON.parse(String(text)));
      expect(line).toMatchObject({ method, route, taskId, status: 401 });
    },
  );

  it("names the queue of a request, also of one that is refused", async () => {
    using log = vi.spyOn(console, "log").mockReturnValue();
    await call("GET", "/v1/queues/gpu");
    closedService();
    await call("POST", "/v1/queues/gpu/claim");
    const lines = log.mock.calls.map(([text]) => JSON.parse(String(text)));
    expect(lines).toMatchObject([
      { route: "/v1/queues/:queue", queue: "gpu", taskId: null },
      { route: "/v1/queues/:queue/claim", queue: "gpu", status: 401 },
    ]);
  });

  it("has nothing in it that a terminal acts on", async () => {
    const secret = closedService();
    using log = vi.spyOn(console, "log").mockReturnValue();
    const sub = "a\u001b[2J\u009b2J\u007f\u202egnp\u2066\u2028x\u200f";
    const headers = bearer(await mint(secret, { claims: { sub } }));
    await call("GET", `/v1/tasks/${newId()}`, { headers });
    const line = String(log.mock.calls[0]);
    expect(JSON.parse(line)).toMatchObject({ subject: sub });
    expect(line).toMatch(/^[ -~]+$/);
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

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The same token with the other signature that ES256 has for it: what (r, s) signs, (r, -s) does. */
function twinOf(token: string): string {
  const end = token.lastIndexOf(".") + 1;
  const signature = Uint8Array.fromBase64(token.slice(end), { alphabet: "base64url" });
  const s = P256_ORDER - BigInt(`0x${signature.slice(32).toHex()}`);
  signature.set(Uint8Array.fromHex(s.toString(16).padStart(64, "0")), 32);
  return token.slice(0, end) + signature.toBase64({ alphabet: "base64url", omitPadding: true });
}

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

  it("is given no token, and one key for all spellings of one", async () => {
    const keys: string[] = [];
    const limit = async ({ key }: { key: string }) => {
      keys.push(key);
      return { success: true };
    };
    withSettings({ RATE_LIMITER: { limit } });
    const issuer = new Issuer();
    await issuer.addKey("a");
    const token = await issuer.mint("a", { scope: "admin", tasks: ["*"] });
    for (const spelling of [token, twinOf(token)]) {
      const answer = call("PUT", `/v1/tasks/${newId()}`, { headers: bearer(spelling) });
      expect((await answer).status).toBe(201);
    }
    expect(keys).toEqual([expect.stringMatching(/^[\w+/]{43}=$/), keys[0]]);
  });
});
