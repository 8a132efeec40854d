import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import {
  bearer,
  call,
  closedService,
  everythingOf,
  mint,
  newId,
  problemInAnswer,
  withSettings,
} from "./harness.ts";

const ISSUER = {
  AUTH_ISSUER: "https://issuer.example",
  AUTH_AUDIENCE: "us",
  AUTH_JWKS_URL: "https://issuer.example/keys",
};
const RULE = { claims: { repository: "acme/{repo}" }, scope: "work", tasks: ["{repo}:*"] };

describe("the service is closed", () => {
  it.each([
    ["as it is deployed, with no key at all", {}, "AUTH_SECRET"],
    ["if AUTH says anything but none", { AUTH: "None" }, "AUTH_SECRET"],
    ["if the secret is empty", { AUTH_SECRET: "" }, "AUTH_SECRET"],
    ["if there is only the secret before", { AUTH_SECRET_PREVIOUS: "x".repeat(32) }, "AUTH_SECRET"],
    ["if the secret is short", { AUTH_SECRET: "x".repeat(31) }, "32 bytes"],
    [
      "if the secret is short, also where AUTH says none",
      { AUTH: "none", AUTH_SECRET: "short" },
      "32",
    ],
    [
      "if the secret before is short",
      { AUTH_SECRET: "x".repeat(32), AUTH_SECRET_PREVIOUS: "short" },
      "AUTH_SECRET_PREVIOUS",
    ],
    ["if the issuer has no keys", { AUTH_ISSUER: "https://issuer.example" }, "AUTH_JWKS_URL"],
    ["if nobody says whose tokens", { AUTH_JWKS_URL: "https://a.example" }, "AUTH_ISSUER"],
    ["if the keys have no address", { ...ISSUER, AUTH_JWKS_URL: "keys" }, '"keys"'],
    ["if the keys come over HTTP", { ...ISSUER, AUTH_JWKS_URL: "http://a.example" }, "https"],
    ["if the rules are no JSON", { ...ISSUER, AUTH_CLAIMS: "repo" }, "AUTH_CLAIMS"],
    [
      "if a rule has no condition",
      { ...ISSUER, AUTH_CLAIMS: rules({ ...RULE, claims: {} }) },
      "JSON",
    ],
    ["if a rule says more", { ...ISSUER, AUTH_CLAIMS: rules({ ...RULE, aud: "x" }) }, "JSON"],
    [
      "if a rule captures under what is no name",
      {
        ...ISSUER,
        AUTH_CLAIMS: rules({ ...RULE, claims: { repository: "acme/{1st}" }, tasks: [] }),
      },
      "AUTH_CLAIMS",
    ],
    [
      "if a rule's tasks name what its claims do not",
      { ...ISSUER, AUTH_CLAIMS: rules({ ...RULE, tasks: ["{branch}:*"] }) },
      "AUTH_CLAIMS",
    ],
  ])("%s: 503 that says what to set", async (_, settings, said) => {
    const id = newId();
    withSettings({ AUTH: undefined, ...settings });
    const headers = bearer(await mint("x".repeat(32)));
    for (const [method, path] of [
      ["GET", `/v1/tasks/${id}`],
      ["POST", `/v1/tasks/${id}/cancel`],
      ["GET", `/cancel-task/${id}`],
      ["GET", "/nowhere"],
    ] as const) {
      const { detail } = await problemInAnswer(call(method, path, { headers }), 503, "closed");
      expect(detail).toContain(said);
      expect(detail).not.toContain("short:");
    }
    expect((await call("GET", "/ping")).status).toBe(200);
    expect(await everythingOf(id)).toMatchObject({ rows: new Map(), alarmAtMs: null });
  });
});

describe("an open service", () => {
  const ask = (origin: string) =>
    exports.default.fetch(`${origin}/v1/tasks/${newId()}/cancel`, { method: "POST" });

  it.each([
    "http://localhost:8080",
    "https://localhost",
    "http://cancel.localhost:8080",
    "http://127.0.0.1:8080",
    "http://127.1.2.3",
    "http://[::1]:8080",
    // Through a tunnel, or TLS in front of it.
    "https://cancel.example",
  ])("answers as %s", async (origin) => {
    expect((await ask(origin)).status).toBe(200);
  });

  it.each([
    "http://rebound.example:8080",
    "http://localhost.rebound.example:8080",
    "http://127.0.0.1.rebound.example:8080",
    "http://notlocalhost:8080",
    "http://192.168.0.7:8080",
    "http://[::2]:8080",
  ])("does not answer as %s, which a web page can make it: 421", async (origin) => {
    const { detail } = await problemInAnswer(ask(origin), 421, "misdirected");
    expect(detail).toContain("127.0.0.1");
    expect(detail).toContain("AUTH_SECRET");
    expect((await exports.default.fetch(`${origin}/ping`)).status).toBe(200);
  });

  it("answers an unlisted page under no other name, with or without a port", async () => {
    withSettings({ CORS_ORIGINS: "https://known.example" });
    const from = (Origin: string) =>
      exports.default.fetch(`http://rebound.example/v1/tasks/${newId()}`, {
        method: "PUT",
        headers: { Origin },
      });
    await problemInAnswer(from("http://rebound.example"), 421, "misdirected");
    expect((await from("https://known.example")).status).toBe(201);
  });

  it("answers under every name once it has a key", async () => {
    const headers = bearer(await mint(closedService()));
    const path = `/v1/tasks/${newId()}/cancel`;
    const answer = exports.default.fetch(`http://cancel.example:8080${path}`, {
      method: "POST",
      headers,
    });
    expect((await answer).status).toBe(200);
  });
});

it("a key closes the service, also where AUTH says none", async () => {
  closedService();
  withSettings({ AUTH: "none" });
  await problemInAnswer(call("GET", `/v1/tasks/${newId()}`), 401, "unauthorized");
});

function rules(rule: object): string {
  return JSON.stringify([rule]);
}
