import { base64url, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { clock } from "./clock.ts";
import {
  bearer,
  call,
  closedService,
  loggedErrors,
  mint,
  newId,
  problemInAnswer,
  withSettings,
} from "./harness.ts";

const HOUR = 3600;
const OTHER_SECRET = "another secret of thirty-two bytes at least";

function withHeader(token: string, header: object): string {
  const [, ...rest] = token.split(".");
  return [base64url.encode(JSON.stringify(header)), ...rest].join(".");
}

function withPayload(token: string, payload: object): string {
  const [header, , signature] = token.split(".");
  return [header, base64url.encode(JSON.stringify(payload)), signature].join(".");
}

/** Another spelling of the same signature: 32 bytes leave two bits of the last character unused. */
function strayBits(token: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.slice(-1)) + 1];
}

const REFUSED: readonly (readonly [string, (secret: string) => string | Promise<string>])[] = [
  ["that expired a minute ago", (secret) => mint(secret, { expiresInSeconds: -60 })],
  ["that never expires", (secret) => mint(secret, { claims: { exp: undefined } })],
  ["whose end is a text", (secret) => mint(secret, { claims: { exp: "never" } })],
  [
    "that is valid in a minute",
    (secret) => mint(secret, { claims: { nbf: Date.now() / 1000 + 60 } }),
  ],
  ["without a subject", (secret) => mint(secret, { claims: { sub: undefined } })],
  ["with an empty subject", (secret) => mint(secret, { claims: { sub: "" } })],
  ["with a subject that is a list", (secret) => mint(secret, { claims: { sub: ["a"] } })],
  ["whose scope is a list", (secret) => mint(secret, { claims: { scope: ["admin"] } })],
  ["whose tasks are a text", (secret) => mint(secret, { claims: { tasks: "*" } })],
  ["for another audience", (secret) => mint(secret, { claims: { aud: "billing" } })],
  ["of another issuer", (secret) => mint(secret, { claims: { iss: "https://other.example" } })],
  ["signed with another secret", () => mint(OTHER_SECRET)],
  ["signed with nothing at all", () => mint(" ".repeat(32))],
  [
    "with the algorithm none",
    () => new UnsecuredJWT({ sub: "a", exp: 4e9, scope: "admin" }).encode(),
  ],
  ["whose header says none", async (secret) => withHeader(await mint(secret), { alg: "none" })],
  ["whose header says RS256", async (secret) => withHeader(await mint(secret), { alg: "RS256" })],
  [
    "whose header names a key of its own",
    async (secret) =>
      withHeader(await mint(secret), { alg: "HS256", jku: "https://evil.example/jwks.json" }),
  ],
  [
    "signed with HS512",
    (secret) =>
      new SignJWT({ sub: "a", exp: 4e9 })
        .setProtectedHeader({ alg: "HS512" })
        .sign(new TextEncoder().encode(secret.repeat(2))),
  ],
  [
    "whose claims were changed",
    async (secret) =>
      withPayload(await mint(secret), { sub: "root", exp: 4e9, scope: "admin", tasks: ["*"] }),
  ],
  ["with padding", async (secret) => `${await mint(secret)}=`],
  ["whose last character has other stray bits", async (secret) => strayBits(await mint(secret))],
  ["that is cut off", async (secret) => (await mint(secret)).slice(0, -5)],
  ["without its signature", async (secret) => (await mint(secret)).replace(/[^.]*$/, "")],
  ["of two parts", async (secret) => (await mint(secret)).split(".").slice(0, 2).join(".")],
  ["of four parts", async (secret) => `${await mint(secret)}.more`],
  ["that is huge", async (secret) => mint(secret, { claims: { more: "x".repeat(10_000) } })],
  ["that is a word", () => "token"],
  ["of dots", () => ".."],
  ["of other characters", () => "ä.ö.ü".replace(/[^.]/g, "%C3")],
  [
    "followed by another one",
    async (secret) => `${await mint(secret)}, Bearer ${await mint(secret)}`,
  ],
  ["followed by a word", async (secret) => `${await mint(secret)} please`],
  ["that is empty", () => ""],
];

describe("a token is refused", () => {
  it.each(REFUSED)("%s: 401, and nothing of it is said again", async (_, make) => {
    const logged = loggedErrors();
    const secret = closedService();
    const token = await make(secret);
    const answer = await call("GET", `/v1/tasks/${newId()}`, { headers: bearer(token) });
    const text = await answer.clone().text();
    await problemInAnswer(answer, 401, "unauthorized");
    expect(answer.headers.get("WWW-Authenticate")).toContain('error="invalid_token"');
    for (const part of token.split(/[., ]/).filter(({ length }) => length > 16)) {
      expect(text).not.toContain(part);
    }
    expect(logged).toEqual([]);
  });

  it.each(["Basic dGVzdDp0ZXN0", "bearer", "Bearer", "Token abc", "Bearer\tabc def"])(
    "in a header that says %j",
    async (Authorization) => {
      closedService();
      const answer = call("GET", `/v1/tasks/${newId()}`, { headers: { Authorization } });
      await problemInAnswer(answer, 401, "unauthorized");
    },
  );
});

describe("a token is accepted", () => {
  it.each([
    ["20 s after its end, for clocks differ", { expiresInSeconds: -20 }],
    ["20 s before its beginning, for clocks differ", { claims: { nbf: Date.now() / 1000 + 20 } }],
    [
      "that names this service",
      { claims: { iss: "edge-canceler", aud: ["other", "edge-canceler"] } },
    ],
    ["for a very long time", { claims: { exp: 1e300 } }],
  ])("%s", async (_, token) => {
    const secret = closedService();
    const headers = bearer(await mint(secret, token));
    expect((await call("GET", `/v1/tasks/${newId()}`, { headers })).status).toBe(404);
  });

  it("until it expires, and not a moment longer for having been seen before", async () => {
    clock.stop();
    const secret = closedService();
    const headers = bearer(await mint(secret, { expiresInSeconds: HOUR }));
    const ask = async () => (await call("GET", `/v1/tasks/${newId()}`, { headers })).status;
    expect(await ask()).toBe(404);
    clock.advance(HOUR + 20);
    expect(await ask()).toBe(404);
    clock.advance(20);
    expect(await ask()).toBe(401);
  });

  it("of the secret before, while the secret is rotated, and no longer", async () => {
    const old = closedService();
    const headers = bearer(await mint(old));
    const ask = async () => (await call("GET", `/v1/tasks/${newId()}`, { headers })).status;
    withSettings({ AUTH_SECRET: OTHER_SECRET, AUTH_SECRET_PREVIOUS: old });
    expect(await ask()).toBe(404);
    withSettings({ AUTH_SECRET_PREVIOUS: undefined });
    expect(await ask()).toBe(401);
  });

  it("whose end is told apart from a bad signature, whichever secret signed it", async () => {
    const old = closedService();
    withSettings({ AUTH_SECRET: OTHER_SECRET, AUTH_SECRET_PREVIOUS: old });
    for (const secret of [OTHER_SECRET, old]) {
      const headers = bearer(await mint(secret, { expiresInSeconds: -60 }));
      const answer = call("GET", `/v1/tasks/${newId()}`, { headers });
      expect((await problemInAnswer(answer, 401, "unauthorized")).detail).toContain("has expired");
    }
  });
});
