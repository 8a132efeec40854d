import { SignJWT } from "jose";
import { describe, expect, it, vi } from "vitest";
import { clock } from "./clock.ts";
import {
  bearer,
  call,
  loggedErrors,
  newId,
  PATIENCE,
  problemInAnswer,
  withSettings,
} from "./harness.ts";
import { Issuer } from "./issuer.ts";

const ALL = { scope: "admin", tasks: ["*"] };

function ask(token: string, path = `/v1/tasks/${newId()}`, method = "PUT"): Promise<Response> {
  return call(method, path, { headers: bearer(token) });
}

describe("a token of the issuer", () => {
  it.each(["RS256", "ES256", "EdDSA"] as const)(
    "signed with %s is good for what it says",
    async (alg) => {
      const issuer = new Issuer();
      await issuer.addKey("a", alg);
      expect((await ask(await issuer.mint("a", ALL, alg))).status).toBe(201);
      expect((await ask(await issuer.mint("a", { tasks: ["*"] }, alg))).status).toBe(403);
      expect(issuer.asked).toBe(1);
    },
  );

  it.each([
    ["for another audience", { aud: "them" }],
    ["for no audience", { aud: undefined }],
    ["of another issuer", { iss: "https://evil.example" }],
    ["that has expired", { exp: Date.now() / 1000 - 40 }],
    ["that is not valid yet", { nbf: Date.now() / 1000 + 40 }],
  ])("%s is refused", async (_, claims) => {
    const issuer = new Issuer();
    await issuer.addKey("a");
    await problemInAnswer(ask(await issuer.mint("a", { ...ALL, ...claims })), 401, "unauthorized");
  });

  it.each([
    { AUTH_ISSUER: "https://evil.example" },
    { AUTH_AUDIENCE: "them" },
    { AUTH_JWKS_URL: "https://issuer.example/other-keys" },
  ])("that was seen before is refused once the settings name another one: %j", async (settings) => {
    const issuer = new Issuer();
    await issuer.addKey("a");
    const token = await issuer.mint("a", ALL);
    expect((await ask(token)).status).toBe(201);
    issuer.removeKeys();
    withSettings(settings);
    await problemInAnswer(ask(token), 401, "unauthorized");
  });

  it("with an algorithm that is not ours is refused", async () => {
    const issuer = new Issuer();
    await issuer.addKey("a", "RS512");
    await problemInAnswer(ask(await issuer.mint("a", ALL, "RS512")), 401, "unauthorized");
  });

  it("that takes the public key for a secret is refused", async () => {
    const issuer = new Issuer();
    await issuer.addKey("a", "RS256");
    const publicKey = new TextEncoder().encode(JSON.stringify(issuer.publishedKeys.keys[0]));
    const token = new SignJWT({ sub: "a", exp: 4e9, ...ALL })
      .setProtectedHeader({ alg: "HS256", kid: "a" })
      .sign(publicKey);
    await problemInAnswer(ask(await token), 401, "unauthorized");
    expect(issuer.asked).toBe(0);
  });
});

/** A body without an end. It fails, for the test's sake, once far too much of it was read. */
function endless(): ReadableStream<Uint8Array> {
  let chunks = 0;
  return new ReadableStream({
    pull(body) {
      if (++chunks > 100) throw new Error("it was read on and on");
      body.enqueue(new Uint8Array(16 * 1024).fill(32));
    },
  });
}

describe("the issuer's keys", () => {
  it("are rotated: an unknown key makes the service ask again, but at most once a minute", async () => {
    const issuer = new Issuer();
    clock.stop();
    await issuer.addKey("old");
    expect((await ask(await issuer.mint("old", ALL))).status).toBe(201);
    issuer.removeKeys();
    await issuer.addKey("new");
    for (let asked = 0; asked < 3; asked++) {
      await problemInAnswer(ask(await issuer.mint("new", ALL)), 401, "unauthorized");
    }
    clock.advance(59);
    await problemInAnswer(ask(await issuer.mint("new", ALL)), 401, "unauthorized");
    expect(issuer.asked).toBe(1);
    clock.advance(2);
    expect((await ask(await issuer.mint("new", ALL))).status).toBe(201);
    await problemInAnswer(ask(await issuer.mint("old", ALL)), 401, "unauthorized");
    expect(issuer.asked).toBe(2);
  });

  it("are fetched once, however many tokens come at the same time", async () => {
    const issuer = new Issuer();
    await issuer.addKey("a");
    const answer = issuer.answer;
    Object.assign(issuer, {
      answer: async () => {
        await scheduler.wait(50);
        return answer();
      },
    });
    const tokens = await Promise.all(
      Array.from({ length: 10 }, (_, number) => issuer.mint("a", { ...ALL, sub: `job-${number}` })),
    );
    const statuses = (await Promise.all(tokens.map((token) => ask(token)))).map((r) => r.status);
    expect(statuses).toEqual(tokens.map(() => 201));
    expect(issuer.asked).toBe(1);
  });

  it("are asked for again where whoever asked for them gets no answer", async () => {
    const issuer = new Issuer();
    clock.stop();
    await issuer.addKey("a");
    const answer = issuer.answer;
    let isOver = false;
    const late = async () => {
      while (!isOver) await scheduler.wait(5);
      return answer();
    };
    Object.assign(issuer, { answer: late });
    const silent = ask(await issuer.mint("a", ALL));
    await vi.waitUntil(() => issuer.asked === 1, PATIENCE);
    Object.assign(issuer, { answer });
    using wait = vi.spyOn(scheduler, "wait");
    const waiting = ask(await issuer.mint("a", { ...ALL, sub: "another" }));
    await vi.waitUntil(() => wait.mock.calls.some(([ms]) => ms === 20), PATIENCE);
    clock.advance(6);
    expect((await waiting).status).toBe(201);
    expect(issuer.asked).toBe(2);
    isOver = true;
    expect((await silent).status).toBe(201);
  });

  it.each([
    ["cannot be reached", () => Promise.reject(new TypeError("Network connection lost."))],
    ["are answered with 500", async () => new Response("", { status: 500 })],
    ["are behind a redirect", async () => new Response("", { status: 302 })],
    ["are no JSON", async () => new Response("<html>")],
    ["are no keys", async () => Response.json({ keys: "none" })],
    ["never end", async () => new Response(endless())],
  ])(
    "%s: 503 and not 401, the log says why, and it is left in peace for a while",
    async (_, answer) => {
      const logged = loggedErrors();
      const issuer = new Issuer();
      clock.stop();
      await issuer.addKey("a");
      const answerWell = issuer.answer;
      Object.assign(issuer, { answer });
      const token = await issuer.mint("a", ALL);
      const refused = ask(token);
      await problemInAnswer(refused, 503, "keys-unreachable");
      expect((await refused).headers.get("Retry-After")).toBe("5");
      await problemInAnswer(ask(token), 503, "keys-unreachable");
      expect(issuer.asked).toBe(1);
      expect(logged).toEqual([[expect.stringContaining("keys_unreachable")]]);
      expect(JSON.stringify(logged)).not.toContain("on and on");
      expect(JSON.stringify(logged)).not.toContain(token);
      issuer.answer = answerWell;
      clock.advance(6);
      expect((await ask(token)).status).toBe(201);
    },
  );
});

it("keys that come byte by byte are given up in time", async () => {
  const logged = loggedErrors();
  const { timeout } = AbortSignal;
  using limit = vi.spyOn(AbortSignal, "timeout").mockImplementation(() => timeout(20));
  const issuer = new Issuer();
  await issuer.addKey("a");
  const drip = () =>
    new ReadableStream({
      async pull(body) {
        await scheduler.wait(10);
        body.enqueue(new Uint8Array([32]));
      },
    });
  Object.assign(issuer, { answer: async () => new Response(drip()) });
  await problemInAnswer(ask(await issuer.mint("a", ALL)), 503, "keys-unreachable");
  expect(limit.mock.calls).toEqual([[5000]]);
  expect(logged).toEqual([[expect.stringContaining("TimeoutError")]]);
});

describe("AUTH_CLAIMS says what a job may", () => {
  const rules = [
    {
      claims: { repository: "acme/{repo}", ref: "refs/heads/{branch}" },
      scope: "work",
      tasks: ["{repo}:{branch}:*"],
    },
    { claims: { repository: "acme/tools" }, scope: "watch", tasks: ["tools"] },
  ];

  it("of no claim with half a character, which would be taken for another", async () => {
    const issuer = new Issuer(rules);
    await issuer.addKey("a");
    const claims = { repository: "acme/\ud800", ref: "refs/heads/main" };
    const path = "/v1/tasks/~EF~BF~BD:main:7/start";
    expect((await ask(await issuer.mint("a", claims), path, "POST")).status).toBe(403);
  });

  it("of the rules as they are now, also for a token that was seen before", async () => {
    const issuer = new Issuer([{ ...rules[1], scope: "declare" }]);
    await issuer.addKey("a");
    const token = await issuer.mint("a", { repository: "acme/tools" });
    expect((await ask(token, "/v1/tasks/tools")).status).toBe(201);
    withSettings({ AUTH_CLAIMS: JSON.stringify(rules) });
    expect((await ask(token, "/v1/tasks/tools")).status).toBe(403);
  });

  it.each([
    ["acme/models", "refs/heads/main", "models:main:7", 200],
    ["acme/models", "refs/heads/main", "models:other:7", 404],
    ["acme/models", "refs/heads/feature/x", "models:feature~2Fx:7", 200],
    ["acme/models", "refs/heads/feature-2Fx", "models:feature~2Fx:7", 404],
    ["acme/models", "refs/heads/feature~2Fx", "models:feature~2Fx:7", 404],
    ["acme/models", "refs/heads/npm/@a+b=1,2", "models:npm~2F@a+b=1,2:7", 200],
    ["acme/models", "refs/heads/*", "models:main:7", 404],
    ["evil/models", "refs/heads/main", "models:main:7", 403],
    ["acme/models", "refs/tags/main", "models:main:7", 403],
    ["not-acme/models", "refs/heads/main", "models:main:7", 403],
    ["acme/tools", "refs/tags/v1", "tools", 403],
    ["acme/a:b", "refs/heads/main", "a:b:main:7", 403],
    ["acme/\ufffd", "refs/heads/main", "~EF~BF~BD:main:7", 200],
  ])("of %s at %s, of the task %s: %i", async (repository, ref, id, status) => {
    const issuer = new Issuer(rules);
    await issuer.addKey("a");
    // What the token says of itself does not count beside the rules.
    const token = await issuer.mint("a", { repository, ref, ...ALL });
    const json = { holder: "a" };
    const answer = call("POST", `/v1/tasks/${id}/start`, { headers: bearer(token), json });
    expect((await answer).status).toBe(status);
  });
});
