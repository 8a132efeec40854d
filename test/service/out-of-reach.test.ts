import { describe, expect, it } from "vitest";
import { bearer, bring, call, closedService, everythingOf, mint, newId } from "./harness.ts";

const REQUESTS = [
  ["GET", "/v1/tasks/ID", {}],
  ["HEAD", "/v1/tasks/ID", {}],
  ["GET", "/v1/tasks/ID?revision=0", {}],
  ["GET", "/v1/tasks/ID?revision=2", {}],
  ["GET", "/v1/tasks/ID?wait=0", {}],
  ["POST", "/v1/tasks/ID/finish", { json: { attempt: 1, status: "cancelled" } }],
  ["POST", "/v1/tasks/ID/finish", { json: { attempt: "one" } }],
  ["DELETE", "/v1/tasks/ID", {}],
] as const;

/** Whatever a client can tell one answer from another by, the task's id aside. */
async function seenIn(answer: Response, id: string): Promise<unknown> {
  const text = await answer.text();
  return { status: answer.status, headers: [...answer.headers], text: text.replaceAll(id, "ID") };
}

describe("a task that the token does not cover", () => {
  it.each(REQUESTS)(
    "answers %s %s like one that does not exist: in status, headers and body",
    async (method, path, options) => {
      const [secretTask, unknown] = [newId(), newId()];
      await bring(secretTask, "running");
      const before = await everythingOf(secretTask);
      const secret = closedService();
      const ask = async (id: string, tasks: readonly string[]) => {
        const headers = bearer(await mint(secret, { tasks }));
        return seenIn(await call(method, path.replace("ID", id), { headers, ...options }), id);
      };
      expect(await ask(secretTask, ["mine"])).toEqual(await ask(unknown, [unknown]));
      expect(await everythingOf(secretTask)).toEqual(before);
    },
  );

  it.each([
    ["PUT", "/v1/tasks/ID", {}],
    ["POST", "/v1/tasks/ID/start", { json: { holder: "a" } }],
    ["POST", "/v1/tasks/ID/cancel", {}],
    ["GET", "/cancel-task/ID", {}],
    ["GET", "/watch-task/ID", {}],
    ["GET", "/v1/tasks/ID?wait=30", {}],
    ["GET", "/v1/tasks/ID", { headers: { Accept: "text/event-stream" } }],
    ["GET", "/v1/tasks/ID", { headers: { Upgrade: "websocket" } }],
  ] as const)("answers %s %s with 404 at once, whether it exists or not", async (...request) => {
    const [method, path, { headers = {}, ...options }] = request as readonly [
      string,
      string,
      { headers?: Record<string, string>; json?: unknown },
    ];
    const [secretTask, unknown] = [newId(), newId()];
    await bring(secretTask, "running");
    const before = await everythingOf(secretTask);
    const secret = closedService();
    const authorization = bearer(await mint(secret, { tasks: ["mine", "your*"] }));
    const ask = async (id: string) => {
      const all = { headers: { ...headers, ...authorization }, ...options };
      return seenIn(await call(method, path.replace("ID", id), all), id);
    };
    const seen = await ask(secretTask);
    expect(seen).toMatchObject({ status: 404, text: expect.stringContaining("task-unknown") });
    expect(await ask(unknown)).toEqual(seen);
    expect(await everythingOf(secretTask)).toEqual(before);
  });

  it.each([
    [["build-1"], true],
    [["other", "build-1"], true],
    [["build-*"], true],
    [["*"], true],
    [["build-1*"], true],
    [["build-"], false],
    [["BUILD-1"], false],
    [["build-*1"], false],
    [["*-1"], false],
    [[""], false],
    [[], false],
  ])("is build-1 for the tasks %j: %s", async (tasks, isCovered) => {
    const secret = closedService();
    const ask = async (path: string) => {
      const headers = bearer(await mint(secret, { tasks }));
      return (await call("PUT", path, { headers })).status;
    };
    expect((await ask("/v1/tasks/build-1")) < 300).toBe(isCovered);
  });

  it("is every task for a token that names none", async () => {
    const secret = closedService();
    const headers = bearer(await mint(secret, { claims: { tasks: undefined } }));
    expect((await call("PUT", `/v1/tasks/${newId()}`, { headers })).status).toBe(404);
  });
});
