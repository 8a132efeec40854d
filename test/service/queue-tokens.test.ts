import { describe, expect, it } from "vitest";
import type { EnqueueAnswer } from "../../worker-client/protocol-queues.ts";
import type { TaskTree } from "../../worker-client/protocol-trees.ts";
import {
  bearer,
  bring,
  call,
  closedService,
  everythingOf,
  mint,
  newId,
  parked,
  problemInAnswer,
  stored,
  taskInAnswer,
} from "./harness.ts";
import { openEvents } from "./streams.ts";

const newQueue = () => `queue-${crypto.randomUUID()}`;

/** A closed service, and what callers with different tokens may ask of it. */
function service() {
  const secret = closedService();
  /** Somebody whose token names these queues, and no task. */
  const member = async (scope: string, ...queues: readonly string[]) =>
    bearer(await mint(secret, { scope, tasks: [], claims: { queues } }));
  return { secret, member, admin: () => mint(secret, { claims: { queues: ["*"] } }).then(bearer) };
}

describe("a token that names a queue", () => {
  it("is enough to claim from it, and to work on what is in it", async () => {
    const { member } = service();
    const queue = newQueue();
    const id = newId();
    const headers = await member("work declare cancel", "queue-*");
    const ask = (method: string, path: string, json?: object) =>
      call(method, path, { headers, ...(json && { json }) });
    await taskInAnswer(ask("PUT", `/v1/tasks/${id}`, { queue }), 201);
    const run = { attempt: 1, holder: "a" };
    const { revision } = await taskInAnswer(
      ask("POST", `/v1/queues/${queue}/claim`, { holder: "a" }),
      200,
    );
    await taskInAnswer(ask("POST", `/v1/tasks/${id}/heartbeat`, { ...run, progress: 1 }), 200);
    const poll = ask("GET", `/v1/tasks/${id}?wait=30&revision=${revision}&attempt=1&holder=a`);
    await parked(id, 1);
    await taskInAnswer(ask("POST", `/v1/tasks/${id}/cancel`), 202);
    expect(await taskInAnswer(poll, 200)).toMatchObject({ status: "cancelling" });
    await taskInAnswer(ask("POST", `/v1/tasks/${id}/finish`, { ...run, status: "cancelled" }), 200);
    expect((await ask("DELETE", `/v1/tasks/${id}`)).status).toBe(204);
  });

  it.each([
    ["GET", "/v1/tasks/ID", undefined],
    ["GET", "/v1/tasks/ID?wait=30", undefined],
    ["GET", "/v1/tasks/ID/tree", undefined],
    ["GET", "/v1/tasks/ID/history", undefined],
    ["POST", "/v1/tasks/ID/start", { holder: "a" }],
    ["POST", "/v1/tasks/ID/heartbeat", { attempt: 1, holder: "holder-1" }],
    ["POST", "/v1/tasks/ID/finish", { attempt: 1, status: "failed" }],
    ["POST", "/v1/tasks/ID/cancel", undefined],
    ["POST", "/v1/tasks/ID/retry", undefined],
    ["PUT", "/v1/tasks/ID", undefined],
    ["DELETE", "/v1/tasks/ID", undefined],
  ] as const)(
    "does not reach others: %s %s tells nothing, and changes nothing",
    async (...asked) => {
      const [method, path, json] = asked;
      const [outside, unknown] = [newId(), newId()];
      await bring(outside, "running");
      const before = await everythingOf(outside);
      const { member } = service();
      const headers = await member("work declare cancel", newQueue());
      const ask = async (id: string) => {
        const response = await call(method, path.replace("ID", id), { headers, json });
        return [response.status, (await response.text()).replaceAll(id, "ID")];
      };
      const told = await ask(outside);
      expect(told).toEqual(await ask(unknown));
      expect(told[0]).toBe(method === "DELETE" ? 204 : 404);
      expect(await everythingOf(outside)).toEqual(before);
      expect(await everythingOf(unknown)).toMatchObject({ rows: new Map(), alarmAtMs: null });
    },
  );

  it("does not reach a task of another queue, also to enqueue it in its own", async () => {
    const { member, admin } = service();
    const [mine, other] = [newQueue(), newQueue()];
    const [taken, free] = [newId(), newId()];
    const task = { headers: await admin(), json: { queue: other } };
    await taskInAnswer(call("PUT", `/v1/tasks/${taken}`, task), 201);
    const headers = await member("declare work", mine);
    const json = { tasks: [{ id: taken }, { id: free }] };
    const response = await call("POST", `/v1/queues/${mine}/tasks`, { headers, json });
    expect((await response.json<EnqueueAnswer>()).tasks).toMatchObject([
      { id: taken, problem: { status: 404 } },
      { id: free, outcome: "created" },
    ]);
    const claim = () =>
      call("POST", `/v1/queues/${mine}/claim`, { headers, json: { holder: "a" } });
    expect(await taskInAnswer(claim(), 200)).toMatchObject({ id: free });
    const second = call("POST", `/v1/queues/${mine}/claim`, { headers, json: { holder: "b" } });
    expect((await second).status).toBe(204);
  });

  it.each([
    ["GET", "", undefined],
    ["PUT", "", { paused: true }],
    ["POST", "/tasks", { tasks: [{ id: "a" }] }],
    ["POST", "/claim", { holder: "a" }],
  ] as const)(
    "does not open another one: %s /v1/queues/:queue%s is forbidden",
    async (...asked) => {
      const [method, path, json] = asked;
      const { member } = service();
      const headers = await member("admin", newQueue());
      const answer = call(method, `/v1/queues/${newQueue()}${path}`, { headers, json });
      const { detail } = await problemInAnswer(answer, 403, "forbidden");
      expect(detail).toContain('"queues"');
    },
  );

  it("sees its tasks as they change, and not the next task of an id, which is in no queue", async () => {
    const { member, admin } = service();
    const queue = newQueue();
    const id = newId();
    const all = await admin();
    await taskInAnswer(call("PUT", `/v1/tasks/${id}`, { headers: all, json: { queue } }), 201);
    const events = await openEvents(`/v1/tasks/${id}`, await member("watch", queue));
    expect((await events.nextEvent()).task).toMatchObject({ status: "pending" });
    await call("POST", `/v1/tasks/${id}/cancel`, { headers: all });
    expect((await events.nextEvent()).task).toMatchObject({ status: "cancelled" });
    expect(await events.next()).toBeNull();
    await call("DELETE", `/v1/tasks/${id}`, { headers: all });
    await taskInAnswer(call("PUT", `/v1/tasks/${id}`, { headers: all }), 201);
    const read = call("GET", `/v1/tasks/${id}`, { headers: await member("watch", queue) });
    await problemInAnswer(read, 404, "task-unknown");
  });
});

describe("the tree of a task, to a token that names a queue", () => {
  it("shows the tasks that a read shows, and counts the others", async () => {
    const { member, admin } = service();
    const headers = await admin();
    const [mine, other] = [newQueue(), newQueue()];
    const [root, inside, outside, below, free] = [newId(), newId(), newId(), newId(), newId()];
    const declare = (id: string, json: object) =>
      taskInAnswer(call("PUT", `/v1/tasks/${id}`, { headers, json }), 201);
    await declare(root, { queue: mine });
    await declare(inside, { queue: mine, parent: root });
    await declare(outside, { queue: other, parent: root });
    await declare(free, { parent: root });
    await declare(below, { queue: mine, parent: outside });
    const token = await member("watch", mine);
    const read = async (id: string) => {
      const answers = ["", "/tree"].map((path) =>
        call("GET", `/v1/tasks/${id}${path}`, { headers: token }),
      );
      const [task, tree] = await Promise.all(answers);
      expect(tree?.status).toBe(task?.status);
      return tree?.json<TaskTree>();
    };
    expect(await read(root)).toMatchObject({
      status: "pending",
      descendants: { total: 4 },
      children: [{ id: inside, status: "pending", children: [], hidden: 0 }],
      hidden: 2,
    });
    for (const id of [outside, free]) await read(id);
    expect(await read(below)).toMatchObject({ id: below });
  });
});

describe("a token that names a queue", () => {
  it("makes children below a parent that is in it, and below no other", async () => {
    const { member, admin } = service();
    const headers = await member("declare work watch cancel", newQueue(), "mine-*");
    const queue = `mine-${newQueue()}`;
    const declare = (id: string, json: object, as = headers) =>
      call("PUT", `/v1/tasks/${id}`, { headers: as, json });
    const [parent, child, group] = [newId(), newId(), newId()];
    await taskInAnswer(declare(parent, { queue }), 201);
    const made = await taskInAnswer(declare(child, { queue, parent }), 201);
    expect(made.parent).toBe(parent);
    await taskInAnswer(declare(group, {}, await admin()), 201);
    const before = await everythingOf(group);
    for (const foreign of [group, newId()]) {
      const id = newId();
      const answer = declare(id, { queue, parent: foreign });
      const { detail } = await problemInAnswer(answer, 404, "task-unknown");
      expect(detail).toContain(foreign);
      expect(await everythingOf(foreign)).toEqual(
        foreign === group ? before : { rows: new Map(), alarmAtMs: null, sockets: 0 },
      );
      expect((await stored(id)).rows.size).toBe(0);
    }
    // It works on a task of its queue, whatever the header says.
    const asked = { headers: { ...headers, "Edge-Canceler-Parent": parent } };
    const start = { ...asked, json: { holder: "a" } };
    await taskInAnswer(call("POST", `/v1/tasks/${child}/start`, start), 200);
  });

  it("has no parent adopt, and cancel, a task that it does not reach", async () => {
    const { member, admin } = service();
    const queue = newQueue();
    const headers = await member("declare work watch cancel", queue);
    const [parent, foreign, unknown] = [newId(), newId(), newId()];
    const put = { headers, json: { queue } };
    await taskInAnswer(call("PUT", `/v1/tasks/${parent}`, put), 201);
    await taskInAnswer(call("PUT", `/v1/tasks/${foreign}`, { headers: await admin() }), 201);
    const before = await everythingOf(parent);
    for (const id of [foreign, unknown]) {
      const json = { holder: "a", parent };
      const start = call("POST", `/v1/tasks/${id}/start`, { headers, json });
      await problemInAnswer(start, 404, "task-unknown");
    }
    const enqueue = { headers, json: { queue, parent } };
    await problemInAnswer(call("PUT", `/v1/tasks/${foreign}`, enqueue), 404, "task-unknown");
    expect(await everythingOf(parent)).toEqual(before);
  });
});

it("a token that names every task, and no queue, claims from none", async () => {
  const { secret } = service();
  const headers = bearer(await mint(secret));
  const answer = call("POST", `/v1/queues/${newQueue()}/claim`, { headers, json: { holder: "a" } });
  await problemInAnswer(answer, 403, "forbidden");
});
