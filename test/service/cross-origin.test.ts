import { describe, expect, it } from "vitest";
import openapi from "../../src/routes/openapi.json";
import {
  bearer,
  call,
  closedService,
  mint,
  newId,
  problemInAnswer,
  withSettings,
} from "./harness.ts";
import { openSocket } from "./streams.ts";

const KNOWN = "https://app.example";
const PREFLIGHT = { "Access-Control-Request-Method": "POST" };

function corsHeaders({ headers }: Response): string[] {
  return [...headers.keys()].filter((name) => name.startsWith("access-control-"));
}

describe("CORS", () => {
  it("is off by default", async () => {
    const headers = { Origin: KNOWN };
    expect(corsHeaders(await call("GET", `/v1/tasks/${newId()}`, { headers }))).toEqual([]);
    const preflight = await call("OPTIONS", "/v1/tasks/1", {
      headers: { ...headers, ...PREFLIGHT },
    });
    expect([preflight.status, corsHeaders(preflight)]).toEqual([405, []]);
  });

  it.each([
    "https://app.example.evil",
    "http://app.example",
    "https://APP.example",
    "null",
    "https://app.example:8443",
    "",
  ])("stays off for the origin %j, which is not listed", async (Origin) => {
    withSettings({ CORS_ORIGINS: `${KNOWN},https://b.example` });
    const answer = await call("GET", `/v1/tasks/${newId()}`, { headers: { Origin } });
    expect(corsHeaders(answer)).toEqual([]);
    expect(answer.headers.get("Vary")).toBe("Origin");
    const preflight = await call("OPTIONS", "/v1/tasks/1", { headers: { Origin, ...PREFLIGHT } });
    expect([preflight.status, corsHeaders(preflight)]).toEqual([405, []]);
  });

  it("lets a page send every header that a request can have", async () => {
    withSettings({ CORS_ORIGINS: KNOWN });
    const preflight = await call("OPTIONS", "/v1/tasks/1", {
      headers: { Origin: KNOWN, ...PREFLIGHT },
    });
    const allowed = preflight.headers.get("Access-Control-Allow-Headers")?.split(/, */);
    const parameters = JSON.stringify(openapi).matchAll(/"name":"([^"]+)","in":"header"/g);
    const headers = new Set(Array.from(parameters, ([, name]) => name));
    expect(headers).toContain("Edge-Canceler-Parent");
    expect(allowed).toEqual(expect.arrayContaining([...headers]));
  });

  it.each([KNOWN, "https://b.example"])("is on for %s, which is listed", async (Origin) => {
    closedService();
    withSettings({ CORS_ORIGINS: `${KNOWN}, https://b.example` });
    const preflight = await call("OPTIONS", "/v1/tasks/1/cancel", {
      headers: { Origin, ...PREFLIGHT },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("Access-Control-Allow-Origin")).toBe(Origin);
    expect(preflight.headers.get("Access-Control-Allow-Headers")).toContain("Authorization");
    expect(preflight.headers.get("Access-Control-Allow-Credentials")).toBe(null);
    // A page can read a refusal, too.
    const refused = await call("GET", "/v1/tasks/1", { headers: { Origin } });
    expect(refused.status).toBe(401);
    expect(refused.headers.get("Access-Control-Allow-Origin")).toBe(Origin);
    expect(refused.headers.get("Access-Control-Expose-Headers")).toContain("WWW-Authenticate");
  });

  it("lets nobody in without a token", async () => {
    closedService();
    withSettings({ CORS_ORIGINS: KNOWN });
    const answer = call("POST", "/v1/tasks/1/cancel", { headers: { Origin: KNOWN } });
    await problemInAnswer(answer, 401, "unauthorized");
  });
});

describe("a WebSocket from a web page", () => {
  it.each(["https://evil.example", "null", "https://localhost.evil.example"])(
    "of %s is refused: 403",
    async (Origin) => {
      const secret = closedService();
      const headers = { ...bearer(await mint(secret)), Upgrade: "websocket", Origin };
      const answer = call("GET", `/v1/tasks/${newId()}`, { headers });
      expect((await problemInAnswer(answer, 403, "forbidden")).detail).toContain("CORS_ORIGINS");
    },
  );

  it.each([KNOWN, "https://localhost"])(
    "of %s, listed or the service's own, is opened",
    async (Origin) => {
      withSettings({ CORS_ORIGINS: KNOWN });
      const socket = await openSocket(`/v1/tasks/${newId()}`, { Origin });
      socket.close();
    },
  );
});
