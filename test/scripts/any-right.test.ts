import { randomBytes } from "node:crypto";
import { mkdtempDisposable } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, inject, it } from "vitest";
import { serveBundle } from "../../scripts/serve-bundle.ts";
import { until } from "../../scripts/until.ts";
import { signToken } from "../../worker-client/cli/sign-token.ts";
import { TaskClient, type TaskState } from "../../worker-client/index.ts";
import { type AnyRequest, arbitraryRequest } from "../service/arbitrary-request.ts";
import { logOf, sendAny } from "./harness.ts";

const REQUESTS = 6000;
const AT_ONCE = 20;
const PROTECTED = ["fuzz-3", "fuzz-4"];

/** What the tokens of the run are good for; nobody has any right to the protected ones. */
const GRANTS = [
  { scope: "watch", tasks: ["fuzz-1", "fuzz-2"] },
  { scope: "work", tasks: ["fuzz-1"] },
  { scope: "cancel", tasks: ["fuzz-2"] },
  { scope: "declare", tasks: ["fuzz-1"] },
  { scope: "work cancel declare", tasks: ["fuzz-2"] },
  { scope: "admin", tasks: [] },
];

/** The scope that a request which changes something needs; null: it changes nothing. */
function neededScope(method: string, path: string): string | null {
  if (method === "PUT" || method === "DELETE") return "declare";
  if (/\/(start|finish)\/*$/.test(path)) return "work";
  return /\/cancel\/*$|^\/+cancel-task\//.test(path) ? "cancel" : null;
}

it("6,000 requests as they come: nobody does what they have no right to, and nothing breaks", async () => {
  await using end = new AsyncDisposableStack();
  const folder = end.use(await mkdtempDisposable(join(tmpdir(), "edge-canceler-fuzz-")));
  const secret = randomBytes(32).toString("base64");
  const service = await serveBundle({
    bundle: inject("bundle"),
    dataFolder: folder.path,
    port: 0,
    log: "pipe",
    requests: "pipe",
    // A wait is over at once.
    vars: {
      AUTH_SECRET: secret,
      WATCH_MAX_WAIT_SECONDS: "0.001",
      WATCH_TASK_WAIT_SECONDS: "0.001",
    },
  });
  end.defer(() => service.stop());
  const log = logOf(service.process);
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  end.defer(() => agent.destroy());

  const mint = (scope: string, tasks: readonly string[], ttlSeconds = 3600) =>
    signToken(secret, { subject: "fuzz", scope, tasks, ttlSeconds }, Date.now());
  const admin = new TaskClient({ url: service.url, token: await mint("admin", ["*"]) });
  for (const id of PROTECTED) await admin.start(id, { holder: "a" });
  const states = () => Promise.all(PROTECTED.map((id) => admin.get(id)));
  const before: (TaskState | null)[] = await states();

  const good = await Promise.all(GRANTS.map(({ scope, tasks }) => mint(scope, tasks)));
  const bad = [
    await mint("admin", ["*"], -60),
    await signToken(
      randomBytes(32).toString("hex"),
      {
        subject: "fuzz",
        scope: "admin",
        tasks: ["*"],
        ttlSeconds: 3600,
      },
      Date.now(),
    ),
    (good[0] ?? "").slice(0, -2),
    "",
  ];
  const token = fc.oneof(
    { arbitrary: fc.nat({ max: good.length - 1 }), weight: 8 },
    fc.integer({ min: -bad.length, max: -1 }),
  );
  const seen = new Set<number>();

  const one = async (any: AnyRequest, index: number) => {
    const sent = index < 0 ? bad[-index - 1] : good[index];
    const headers = { ...any.headers, ...(sent && { Authorization: `Bearer ${sent}` }) };
    const { status, text } = await sendAny(service.url, agent, { ...any, headers });
    seen.add(status);
    expect(status, JSON.stringify(any)).toBeLessThan(500);
    if (sent) expect(text).not.toContain(sent);
    const { pathname } = new URL(`${service.url}/${any.path}`);

    if (index < 0 && !/^\/+ping\/*$/.test(pathname)) expect(status).toBe(401);
    const scope = neededScope(any.method, pathname);
    if (status < 200 || status >= 300 || scope === null) return;
    const { scope: scopes = "", tasks = [] } = GRANTS[index] ?? {};
    expect(scopes === "admin" || scopes.split(" ").includes(scope)).toBe(true);
    // To forget what the token does not cover is like forgetting what nobody knows: no change.
    if (any.method !== "DELETE") expect(tasks.some((id) => pathname.includes(id))).toBe(true);
  };
  const some = fc.array(fc.tuple(arbitraryRequest, token), {
    minLength: AT_ONCE,
    maxLength: AT_ONCE,
  });
  const property = fc.asyncProperty(some, async (requests) => {
    await Promise.all(requests.map(([any, index]) => one(any, index)));
  });
  await fc.assert(property, { numRuns: REQUESTS / AT_ONCE });

  expect((await states()).map((task) => ({ ...task, watchers: 0 }))).toEqual(before);
  // It was not all refused at the door. What comes a few times a run, as 201 does, may not come.
  expect([...seen]).toEqual(expect.arrayContaining([101, 200, 400, 401, 403, 404, 405, 409]));
  await until("every request is in the log", () => log().requests.length >= REQUESTS);
  const { requests, others } = log();
  expect(others).toEqual([]);
  const lines = requests.join("\n");
  for (const sent of [...good, ...bad]) if (sent) expect(lines).not.toContain(sent);
}, 300_000);
