import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { DirectoryObject } from "../../src/directory/directory-object.ts";
import { DirectoryStore } from "../../src/directory/directory-store.ts";
import type { DirectoryStub } from "../../src/directory/directory-stub.ts";
import { directoryShardOf } from "../../src/durable/shards.ts";
import { newTask } from "../../src/tasks/task.ts";
import { hintOf, summaryOf, type TaskHint } from "../../src/tasks/task-hint.ts";
import { TaskObject } from "../../src/tasks/task-object.ts";
import type { TaskState } from "../../worker-client/protocol.ts";
import type { TaskPage, TaskStats } from "../../worker-client/protocol-directory.ts";
import { clock } from "./clock.ts";
import {
  bearer,
  bring,
  call,
  closedService,
  mint,
  PATIENCE,
  problemInAnswer,
  withSettings,
} from "./harness.ts";

beforeEach(() => withSettings({ DIRECTORY: "on" }));

type Headers = Readonly<Record<string, string>>;

/** A page of the list. */
async function list(query = "", headers: Headers = {}): Promise<TaskPage> {
  const response = await call("GET", `/v1/tasks${query}`, { headers });
  const page = await response.json<TaskPage>();
  expect(response.status, JSON.stringify(page)).toBe(200);
  expect(response.headers.get("Cache-Control")).toBe("no-store");
  return page;
}

/** All pages of the list. */
async function listAll(query: string, headers: Headers = {}) {
  const tasks = [];
  let page = await list(`?${query}`, headers);
  for (; page.cursor !== null; page = await list(`?${query}&cursor=${page.cursor}`, headers)) {
    tasks.push(...page.tasks);
  }
  return [...tasks, ...page.tasks];
}

async function idsIn(query: string): Promise<string[]> {
  return (await listAll(query)).map(({ id }) => id);
}

/** What the directory believes of a task, from now on. */
async function believe(hint: TaskHint): Promise<void> {
  const { id } = hint.summary;
  await inDirectory(id, (directory) => directory.note(hint));
}

function inDirectory<Result>(
  id: string,
  ask: (directory: DirectoryStub) => Promise<Result>,
): Promise<Result> {
  return runInDurableObject(env.DIRECTORY_SHARDS.getByName(directoryShardOf(id)), (object) => {
    if (!(object instanceof DirectoryObject)) throw new Error("that is no directory");
    return ask(object);
  });
}

/** The directory is told a moment later, and nobody waits for it. */
async function told(ids: readonly string[]): Promise<void> {
  await vi.waitUntil(
    async () => {
      const known = await idsIn(`limit=100`);
      return ids.every((id) => known.includes(id));
    },
    { ...PATIENCE, interval: 50 },
  );
}

/**
 * An outage of the directory for one call that a test means. Tasks of earlier tests, whose time is over by and
 * by, call it as well.
 */
function failOnce() {
  const outage = {
    tries: 0,
    pass(isMeant: boolean, call: () => Promise<void>): Promise<void> {
      if (!isMeant || ++outage.tries > 1) return call();
      return Promise.reject(new Error("no"));
    },
  };
  return outage;
}

/** Declares a task that waits in a queue. */
async function declareIn(queue: string, id: string): Promise<void> {
  await runInDurableObject(env.TASKS.getByName(id), async (object) => {
    if (!(object instanceof TaskObject)) throw new Error("that is no task");
    const settings = { timeoutSeconds: null, gracePeriodSeconds: null, retentionSeconds: null };
    await object.command({ type: "declare", ...settings, metadata: {}, queue });
  });
}

/** A name that no other test has. */
function newName(): string {
  return crypto.randomUUID().slice(0, 8);
}

describe("GET /v1/tasks", () => {
  it("shows to each token what GET of each task answers it, newest first", async () => {
    const name = newName();
    const ids: string[] = [];
    for (const status of [
      "pending",
      "running",
      "cancelling",
      "succeeded",
      "failed",
      "cancelled",
    ] as const) {
      for (const group of ["a", "b"]) {
        const id = `${name}-${group}-${status}`;
        await bring(id, status);
        ids.push(id);
      }
    }
    await told(ids);
    const secret = closedService();
    const tokens: readonly { tasks?: string[]; queues?: string[] }[] = [
      { tasks: ["*"] },
      { tasks: [`${name}-a*`] },
      { tasks: [`${name}-a-pending`, `${name}-b-*`], queues: [`${name}-g*`] },
      { queues: ["*"] },
      { tasks: [name] },
      {},
    ];
    for (const { tasks = [], queues = [] } of tokens) {
      const headers = bearer(await mint(secret, { scope: "watch", tasks, claims: { queues } }));
      const states: TaskState[] = [];
      for (const id of ids) {
        const answer = await call("GET", `/v1/tasks/${id}`, { headers });
        if (answer.status === 200) states.push(await answer.json());
        else await answer.body?.cancel();
      }
      const expected = states
        .map(summaryOf)
        .sort((one, other) =>
          `${one.createdAt} ${one.id}` < `${other.createdAt} ${other.id}` ? 1 : -1,
        );
      for (const limit of [2, 100]) {
        expect(await listAll(`prefix=${name}&limit=${limit}`, headers)).toEqual(expected);
      }
    }
  });

  it("takes filters, and all of them have to pass", async () => {
    const name = newName();
    await bring(`${name}-1`, "running");
    await bring(`${name}-2`, "pending");
    await bring(`${name}x`, "running");
    await declareIn(`queue-${name}`, `${name}-3`);
    await told([`${name}-1`, `${name}-2`, `${name}x`, `${name}-3`]);
    expect((await idsIn(`prefix=${name}-`)).sort()).toEqual([
      `${name}-1`,
      `${name}-2`,
      `${name}-3`,
    ]);
    expect(await idsIn(`prefix=${name}-&status=running`)).toEqual([`${name}-1`]);
    expect(await idsIn(`prefix=${name}&status=succeeded,failed`)).toEqual([]);
    expect((await idsIn(`prefix=${name}&status=running,failed`)).sort()).toEqual([
      `${name}-1`,
      `${name}x`,
    ]);
    const often = Array(101).fill("running").join(",");
    expect(await idsIn(`prefix=${name}-&status=${often}`)).toEqual([`${name}-1`]);
    expect(await idsIn(`queue=queue-${name}`)).toEqual([`${name}-3`]);
    const { createdAt } = await (await call("GET", `/v1/tasks/${name}-3`)).json<TaskState>();
    expect(await idsIn(`prefix=${name}&createdAfter=${createdAt}`)).toEqual([]);
    const before = new Date(Date.parse(createdAt) - 1).toISOString();
    expect(await idsIn(`prefix=${name}&createdAfter=${before}`)).toContain(`${name}-3`);
  });

  it.each([
    ["stauts=running", 'The parameter "stauts" is unknown'],
    ["status=running&status=failed", 'The parameter "status" comes twice'],
    ["status=runing", 'not "runing"'],
    ["status=", 'not ""'],
    ["queue=..", '"queue" must be a valid id'],
    ["parent=", '"parent" must be a valid id'],
    ["prefix=", '"prefix" must not be empty.'],
    [
      "prefix=a%00",
      'out of A-Z a-z 0-9 . _ ~ : - + @ = , with others written like ~2F), not "a\\u0000"',
    ],
    ["prefix=%ff", "the beginning of a task id (ids have 1 to 128"],
    [`prefix=${"a".repeat(129)}`, 'not "aaa'],
    ["limit=0", 'not "0"'],
    ["limit=101", 'not "101"'],
    ["createdAfter=yesterday", 'not "yesterday"'],
    ["createdAfter=2026-02-30T00:00:00Z", '"createdAfter" must be a time'],
    ["cursor=abc", 'The cursor "abc"'],
  ])("refuses ?%s, and says what is right", async (query, said) => {
    const problem = await problemInAnswer(call("GET", `/v1/tasks?${query}`), 400, "bad-request");
    expect(problem.detail).toContain(said);
  });

  it("repairs what it knows wrong before it shows it", async () => {
    const name = newName();
    // Nothing that the task says arrives.
    using note = vi.spyOn(DirectoryObject.prototype, "note").mockResolvedValue();
    const state = await bring(`${name}-late`, "succeeded");
    await vi.waitUntil(
      () => note.mock.calls.some(([{ summary }]) => summary.revision === state.revision),
      PATIENCE,
    );
    note.mockRestore();
    const createdAtMs = Date.parse(state.createdAt);
    const old: TaskHint = {
      summary: {
        ...summaryOf(state),
        status: "running",
        endedAt: null,
        revision: state.revision - 1,
      },
      createdAtMs,
      dueAtMs: 1,
      forgetAtMs: null,
    };
    const gone = { ...old, summary: { ...old.summary, id: `${name}-gone` } };
    await believe(old);
    await believe(gone);
    expect(await idsIn(`prefix=${name}&status=running`)).toEqual([]);
    // What was asked is known from then on.
    const scan = {
      filter: { statuses: null, queue: null, parent: null, prefix: name, createdAfterMs: null },
      covered: { tasks: ["*"], queues: [] },
      after: null,
      limit: 9,
    };
    expect(await inDirectory(state.id, (directory) => directory.scan(scan))).toMatchObject({
      tasks: [{ summary: summaryOf(state) }],
    });
    expect(
      await inDirectory(`${name}-gone`, (directory) => directory.scan(scan)),
    ).not.toMatchObject({
      tasks: [{ id: `${name}-gone` }],
    });
  });

  it("asks a task again that it heard of before all was killed", async () => {
    const { id } = await bring(`${newName()}-killed`, "running");
    await told([id]);
    using note = vi.spyOn(DirectoryObject.prototype, "note").mockResolvedValue();
    await call("POST", `/v1/tasks/${id}/cancel`);
    await abortAllDurableObjects();
    const { tasks } = await list(`?prefix=${id}`);
    note.mockRestore();
    const state = await (await call("GET", `/v1/tasks/${id}`)).json<TaskState>();
    expect(tasks).toEqual([summaryOf(state)]);
    expect(state.status).toBe("cancelling");
  });

  it("is told again by a task that was cut off and wakes soon, whatever it is asked", async () => {
    const id = `${newName()}-cut-off`;
    await call("PUT", `/v1/tasks/${id}`);
    await abortAllDurableObjects();
    await call("GET", `/v1/tasks/${id}`);
    await told([id]);
  });

  it("is told again by a task that was cut off when a command is repeated", async () => {
    const id = `${newName()}-repeated`;
    clock.stop();
    await call("PUT", `/v1/tasks/${id}`);
    await abortAllDurableObjects();
    clock.advance(60);
    expect((await call("PUT", `/v1/tasks/${id}`)).status).toBe(200);
    await told([id]);
  });

  it("is told again when it can be reached again", async () => {
    const id = `${newName()}-again`;
    const { note } = DirectoryObject.prototype;
    const outage = failOnce();
    using _note = vi.spyOn(DirectoryObject.prototype, "note").mockImplementation(function (
      this: DirectoryObject,
      hint,
    ) {
      return outage.pass(hint.summary.id === id, () => note.call(this, hint));
    });
    await call("PUT", `/v1/tasks/${id}`);
    await told([id]);
    expect(outage.tries).toBe(2);
  });

  it("shows no task that was forgotten", async () => {
    const id = `${newName()}-forgotten`;
    await bring(id, "failed");
    await told([id]);
    expect((await call("DELETE", `/v1/tasks/${id}`)).status).toBe(204);
    await vi.waitUntil(async () => (await idsIn(`prefix=${id}`)).length === 0, PATIENCE);
  });

  it("shows no task that was forgotten while its end was on its way to the directory", async () => {
    const id = `${newName()}-forgotten-at-once`;
    await bring(id, "failed");
    const said = await runInDurableObject(env.TASKS.getByName(id), (object) => {
      if (!(object instanceof TaskObject)) throw new Error("that is no task");
      return object.hint();
    });
    if (said === null) throw new Error("the task is not known");
    const { createdAtMs, summary } = said;
    await inDirectory(id, async (directory) => {
      const noted = directory.note(said);
      await directory.remove({ id, createdAtMs, revision: summary.revision });
      await noted;
    });
    expect(await idsIn(`prefix=${id}`)).toEqual([]);
  });

  it("is told again that a task was forgotten when it can be reached again", async () => {
    const id = `${newName()}-forgotten-later`;
    await bring(id, "failed");
    await told([id]);
    const { remove } = DirectoryObject.prototype;
    const outage = failOnce();
    using _remove = vi.spyOn(DirectoryObject.prototype, "remove").mockImplementation(function (
      this: DirectoryObject,
      task,
    ) {
      return outage.pass(task.id === id, () => remove.call(this, task));
    });
    expect((await call("DELETE", `/v1/tasks/${id}`)).status).toBe(204);
    await vi.waitUntil(async () => (await idsIn(`prefix=${id}`)).length === 0, PATIENCE);
    expect(outage.tries).toBe(2);
  });

  it("is turned off by a setting, and tasks work without it", async () => {
    withSettings({ DIRECTORY: "off" });
    const id = `${newName()}-off`;
    await bring(id, "cancelled");
    const { detail } = await problemInAnswer(call("GET", "/v1/tasks"), 404, "directory-off");
    expect(detail).toContain('DIRECTORY = "off"');
    await problemInAnswer(call("GET", "/v1/stats"), 404, "directory-off");
  });
});

it("reads the rows of a page, and not all that it may look through", async () => {
  const object = env.DIRECTORY_SHARDS.getByName(newName());
  await runInDurableObject(object, (_, { storage: { sql } }) => {
    const exec = vi.spyOn(sql, "exec");
    const store = new DirectoryStore((query, ...values) => sql.exec(query, ...values), 0);
    for (let n = 0; n < 3000; n++) store.note(hintOf(`task-${n}`, newTask(n)), 0);
    const rowsReadFor = (parent: string | null) => {
      const filter = { statuses: null, queue: null, parent, prefix: null, createdAfterMs: null };
      exec.mockClear();
      store.scan({ filter, covered: { tasks: ["*"], queues: [] }, after: null, limit: 10 }, 0);
      return exec.mock.results.reduce((rows, { value }) => rows + value.rowsRead, 0);
    };
    expect(rowsReadFor(null)).toBeLessThanOrEqual(30);
    expect(rowsReadFor("none")).toBeGreaterThanOrEqual(2000);
  });
});

describe("GET /v1/stats", () => {
  it("counts tasks by status and queue, as JSON and for Prometheus", async () => {
    const queue = `stats-${newName()}`;
    const ids = [`${queue}-1`, `${queue}-2`];
    for (const id of ids) await declareIn(queue, id);
    await told(ids);
    const stats = await vi.waitUntil(
      async () => {
        const answer = await (await call("GET", "/v1/stats")).json<TaskStats>();
        return answer.counts.some((count) => count.queue === queue && count.tasks === 2) && answer;
      },
      { ...PATIENCE, interval: 100 },
    );
    expect(stats.counts).toContainEqual({ status: "pending", queue, tasks: 2 });
    const text = await call("GET", "/v1/stats", { headers: { Accept: "text/plain" } });
    expect(text.headers.get("Content-Type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await text.text()).toContain(
      `\nedge_canceler_tasks{status="pending",queue="${queue}"} 2\n`,
    );
  });

  it("is for tokens that name all tasks", async () => {
    const headers = bearer(await mint(closedService(), { scope: "admin", tasks: ["a*"] }));
    const { detail } = await problemInAnswer(
      call("GET", "/v1/stats", { headers }),
      403,
      "forbidden",
    );
    expect(detail).toContain('["*"]');
  });
});
