import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { assert, describe, expect, it, vi } from "vitest";
import { QueueObject } from "../../src/queues/queue-object.ts";
import type { TaskState } from "../../worker-client/protocol.ts";
import type { EnqueueAnswer, QueueState } from "../../worker-client/protocol-queues.ts";
import { clock } from "./clock.ts";
import { call, newId, PATIENCE, problemInAnswer, ring, taskInAnswer } from "./harness.ts";

const newQueue = () => `queue-${crypto.randomUUID()}`;
const queueOf = (queue: string) => env.QUEUES.getByName(queue);

async function enqueue(
  queue: string,
  ...tasks: readonly object[]
): Promise<EnqueueAnswer["tasks"]> {
  const response = await call("POST", `/v1/queues/${queue}/tasks`, { json: { tasks } });
  expect(response.status).toBe(200);
  return (await response.json<EnqueueAnswer>()).tasks;
}

let holders = 0;
function claim(queue: string, wait?: number, holder = `worker-${holders++}`): Promise<Response> {
  const json = { holder };
  const headers = wait === undefined ? {} : { Prefer: `wait=${wait}` };
  return call("POST", `/v1/queues/${queue}/claim`, { json, headers });
}

const claimed = (queue: string) => taskInAnswer(claim(queue), 200);

async function read(queue: string): Promise<QueueState> {
  return (await call("GET", `/v1/queues/${queue}`)).json();
}

async function configure(queue: string, json: object): Promise<QueueState> {
  const response = await call("PUT", `/v1/queues/${queue}`, { json });
  expect(response.status).toBe(200);
  return response.json();
}

const finish = ({ id, attempt }: TaskState) =>
  taskInAnswer(
    call("POST", `/v1/tasks/${id}/finish`, { json: { attempt, status: "succeeded" } }),
    200,
  );

/** Waits until the queue's counts are these. */
async function counts(queue: string, expected: Partial<QueueState>): Promise<void> {
  const areSo = () =>
    runInDurableObject(queueOf(queue), async (object) => {
      assert(object instanceof QueueObject);
      const state = Object.entries(await object.read());
      return Object.entries(expected).every(([name, value]) =>
        state.some((entry) => entry[0] === name && entry[1] === value),
      );
    });
  await vi.waitUntil(areSo, PATIENCE);
}

describe("a task in a queue", () => {
  it("is claimed with its input, and runs under a lease of a minute", async () => {
    const queue = newQueue();
    const id = newId();
    const [result] = await enqueue(queue, { id, input: { n: 1 } });
    expect(result).toMatchObject({ id, outcome: "created", task: { status: "pending", queue } });
    expect(await read(queue)).toMatchObject({ pending: 1, running: 0 });
    expect(await claimed(queue)).toMatchObject({
      id,
      status: "running",
      attempt: 1,
      input: { n: 1 },
      lease: { seconds: 60 },
      maxAttempts: 3,
    });
    expect(await read(queue)).toMatchObject({ pending: 0, running: 1 });
    expect((await claim(queue)).status).toBe(204);
  });

  it("is enqueued by its declaration, too: 201, and 200 the second time", async () => {
    const queue = newQueue();
    const id = newId();
    const put = () => call("PUT", `/v1/tasks/${id}`, { json: { queue, priority: 3 } });
    expect(await taskInAnswer(put(), 201)).toMatchObject({ queue, priority: 3 });
    expect(await taskInAnswer(put(), 200)).toMatchObject({ queue, priority: 3 });
    expect(await claimed(queue)).toMatchObject({ id });
    expect((await claim(queue)).status).toBe(204);
  });

  it("is handed out by priority, then first come first served", async () => {
    const queue = newQueue();
    const [low, first, second, high] = [newId(), newId(), newId(), newId()];
    await enqueue(queue, { id: low, priority: -1 }, { id: first }, { id: second });
    await enqueue(queue, { id: high, priority: 1 });
    const order: string[] = [];
    for (let turn = 0; turn < 4; turn++) order.push((await claimed(queue)).id);
    expect(order).toEqual([high, first, second, low]);
  });

  it("is handed out when its delay is over, to a worker that waits", async () => {
    const queue = newQueue();
    const id = newId();
    clock.stop();
    await enqueue(queue, { id, delaySeconds: 10 });
    expect(await read(queue)).toMatchObject({ pending: 0, delayed: 1 });
    const parked = claim(queue, 30);
    await counts(queue, { waitingWorkers: 1 });
    clock.advance(10);
    await runDurableObjectAlarm(queueOf(queue));
    expect(await taskInAnswer(parked, 200)).toMatchObject({ id, attempt: 1 });
  });

  it("that was cancelled while it waits never starts", async () => {
    const queue = newQueue();
    const [cancelled, other] = [newId(), newId()];
    await enqueue(queue, { id: cancelled }, { id: other });
    await taskInAnswer(call("POST", `/v1/tasks/${cancelled}/cancel`), 200);
    expect(await claimed(queue)).toMatchObject({ id: other });
    expect((await claim(queue)).status).toBe(204);
    const state = await taskInAnswer(call("GET", `/v1/tasks/${cancelled}`), 200);
    expect(state).toMatchObject({ status: "cancelled", attempt: 0 });
    await counts(queue, { pending: 0 });
  });

  it("comes back when its worker gives it back, and goes when it has ended", async () => {
    const queue = newQueue();
    const id = newId();
    await enqueue(queue, { id });
    const holder = "first";
    await taskInAnswer(claim(queue, undefined, holder), 200);
    const parked = claim(queue, 30);
    await counts(queue, { waitingWorkers: 1 });
    await call("POST", `/v1/tasks/${id}/release`, { json: { attempt: 1, holder } });
    const second = await taskInAnswer(parked, 200);
    expect(second).toMatchObject({ id, attempt: 2 });
    await finish(second);
    await counts(queue, { running: 0 });
    expect(await read(queue)).toMatchObject({ pending: 0, delayed: 0 });
  });

  it("puts itself back, whatever has become of the queue's rows", async () => {
    const queue = newQueue();
    const id = newId();
    await enqueue(queue, { id });
    await runInDurableObject(queueOf(queue), (_, { storage }) => storage.deleteAll());
    await evictDurableObject(queueOf(queue));
    expect((await claim(queue)).status).toBe(204);
    const parked = claim(queue, 300);
    await counts(queue, { waitingWorkers: 1 });
    clock.advance(60);
    await ring(id);
    expect(await taskInAnswer(parked, 200)).toMatchObject({ id });
  });
});

describe("a claim", () => {
  it("that waits is told of a task at once, the longest waiting first, one for each", async () => {
    const queue = newQueue();
    const first = claim(queue, 30);
    await counts(queue, { waitingWorkers: 1 });
    const second = claim(queue, 30);
    await counts(queue, { waitingWorkers: 2 });
    await evictDurableObject(queueOf(queue), { webSockets: "hibernate" });
    const [a, b] = [newId(), newId()];
    await enqueue(queue, { id: a });
    expect(await taskInAnswer(first, 200)).toMatchObject({ id: a });
    expect((await first).headers.get("Preference-Applied")).toBe("wait=30");
    await enqueue(queue, { id: b });
    expect(await taskInAnswer(second, 200)).toMatchObject({ id: b });
  });

  it("that waits asks again when the queue's object goes away, and misses nothing", async () => {
    const queue = newQueue();
    const parked = claim(queue, 30);
    await counts(queue, { waitingWorkers: 1 });
    await abortAllDurableObjects();
    await counts(queue, { waitingWorkers: 1 });
    const id = newId();
    await enqueue(queue, { id });
    expect(await taskInAnswer(parked, 200)).toMatchObject({ id });
  });

  it("whose wait is over is answered 204", async () => {
    const queue = newQueue();
    clock.stop();
    const parked = claim(queue, 30);
    await counts(queue, { waitingWorkers: 1 });
    clock.advance(30);
    const response = await parked;
    expect([response.status, response.headers.get("Preference-Applied")]).toEqual([204, "wait=30"]);
    await counts(queue, { waitingWorkers: 0 });
  });

  it("whose answer was lost gets the same task again, for the same holder", async () => {
    const queue = newQueue();
    const [a, b] = [newId(), newId()];
    await enqueue(queue, { id: a }, { id: b });
    const first = await taskInAnswer(claim(queue, undefined, "lost"), 200);
    expect(await taskInAnswer(claim(queue, undefined, "lost"), 200)).toEqual(first);
    await finish(first);
    expect(await taskInAnswer(claim(queue, undefined, "lost"), 200)).toMatchObject({ id: b });
  });

  it("of a holder that had its attempt is refused, and the task stays for another", async () => {
    const queue = newQueue();
    const id = newId();
    await enqueue(queue, { id });
    await taskInAnswer(claim(queue, undefined, "once"), 200);
    await call("POST", `/v1/tasks/${id}/release`, { json: { attempt: 1, holder: "once" } });
    await counts(queue, { pending: 1 });
    const { detail } = await problemInAnswer(claim(queue, undefined, "once"), 409, "stale-attempt");
    expect(detail).toContain("another holder");
    expect(await claimed(queue)).toMatchObject({ id, attempt: 2 });
  });
});

describe("GET /v1/queues/:queue", () => {
  it("streams the counts as they change", async () => {
    const queue = newQueue();
    const response = await call("GET", `/v1/queues/${queue}`, {
      headers: { Accept: "text/event-stream" },
    });
    expect(response.headers.get("Content-Type")).toBe("text/event-stream");
    assert(response.body !== null);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes('"pending":0')) text += (await reader.read()).value;
    await enqueue(queue, { id: newId() }, { id: newId() });
    while (!text.includes('"pending":2')) text += (await reader.read()).value;
    expect(text).toMatch(/^: watching\n\ndata: \{"queue":"queue-.*\}\n\n/);
    await reader.cancel();
  });
});

describe("PUT /v1/queues/:queue", () => {
  it("pauses a queue, and lets it go on", async () => {
    const queue = newQueue();
    const id = newId();
    expect(await configure(queue, { paused: true })).toMatchObject({ paused: true });
    await enqueue(queue, { id });
    expect((await claim(queue)).status).toBe(204);
    const parked = claim(queue, 30);
    await counts(queue, { waitingWorkers: 1 });
    await configure(queue, { paused: false });
    expect(await taskInAnswer(parked, 200)).toMatchObject({ id });
  });

  it("limits how many run at a time", async () => {
    const queue = newQueue();
    await configure(queue, { maxRunning: 1 });
    await enqueue(queue, { id: newId() }, { id: newId() });
    const first = await claimed(queue);
    const parked = claim(queue, 30);
    await counts(queue, { waitingWorkers: 1 });
    await finish(first);
    expect(await taskInAnswer(parked, 200)).toMatchObject({ status: "running" });
    expect(await configure(queue, { maxRunning: null })).toMatchObject({ maxRunning: null });
  });

  it("closes a queue for new tasks, but not for one that it knows", async () => {
    const queue = newQueue();
    const [known, fresh] = [newId(), newId()];
    await enqueue(queue, { id: known });
    await configure(queue, { accepting: false });
    const put = (id: string) => call("PUT", `/v1/tasks/${id}`, { json: { queue } });
    const { detail } = await problemInAnswer(put(fresh), 409, "queue-closed");
    expect(detail).toContain('{"accepting":true}');
    await problemInAnswer(call("GET", `/v1/tasks/${fresh}`), 404, "task-unknown");
    expect(await taskInAnswer(put(known), 200)).toMatchObject({ id: known });
    expect(await enqueue(queue, { id: known }, { id: fresh })).toMatchObject([
      { id: known, outcome: "known" },
      { id: fresh, problem: { status: 409 } },
    ]);
    const json = { tasks: [{ id: fresh }, { id: newId() }] };
    const none = call("POST", `/v1/queues/${queue}/tasks`, { json });
    await problemInAnswer(none, 409, "queue-closed");
  });
});

describe("POST /v1/queues/:queue/tasks", () => {
  it("takes many tasks at once, in their order", async () => {
    const queue = newQueue();
    const ids = Array.from({ length: 8 }, () => newId());
    const results = await enqueue(queue, ...ids.map((id) => ({ id })));
    expect(results.map(({ id }) => id)).toEqual(ids);
    expect(await read(queue)).toMatchObject({ pending: 8 });
    expect(await claimed(queue)).toMatchObject({ id: ids[0] });
  });

  it("says of each bad one what is wrong, and takes the others", async () => {
    const queue = newQueue();
    const [good, twice] = [newId(), newId()];
    const results = await enqueue(
      queue,
      { id: good },
      { id: "feature/x" },
      { id: newId(), priority: 10 },
      { id: newId(), queue: "other" },
      [],
      { priority: 1 },
      { id: twice },
      { id: twice },
    );
    expect(
      results.map((result) => ("problem" in result ? result.problem.detail : result.outcome)),
    ).toEqual([
      "created",
      expect.stringContaining('The field "id" must be a valid id'),
      expect.stringContaining("from -9 to 9, not 10"),
      expect.stringContaining('The field "queue" is unknown'),
      expect.stringContaining("must be a JSON object, not []"),
      expect.stringContaining('The field "id" is missing'),
      "created",
      "known",
    ]);
    expect(await read(queue)).toMatchObject({ pending: 2 });
  });

  it.each([
    ["none", []],
    ["no list", { id: "a" }],
    ["more than a hundred", Array.from({ length: 101 }, (_, number) => ({ id: `${number}` }))],
  ])("refuses %s", async (_, tasks) => {
    const answer = call("POST", `/v1/queues/${newQueue()}/tasks`, { json: { tasks } });
    const { detail } = await problemInAnswer(answer, 400, "bad-request");
    expect(detail).toContain("1 to 100 tasks");
  });
});
