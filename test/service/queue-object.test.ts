import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { assert, expect, it, vi } from "vitest";
import { QueueObject } from "../../src/queues/queue-object.ts";
import type { OfferEnd } from "../../src/queues/queue-stub.ts";
import { TaskObject } from "../../src/tasks/task-object.ts";
import { clock } from "./clock.ts";
import { newId, objectOf, PATIENCE, ring } from "./harness.ts";

const newQueue = () => `queue-${crypto.randomUUID()}`;
const queueOf = (queue: string) => env.QUEUES.getByName(queue);

/** Asks the object of a queue. */
function ask<Answer>(
  queue: string,
  act: (object: QueueObject) => Promise<Answer>,
): Promise<Answer> {
  return runInDurableObject(queueOf(queue), async (object) => {
    assert(object instanceof QueueObject);
    return act(object);
  });
}

function inTask<Answer>(id: string, act: (object: TaskObject) => Promise<Answer>): Promise<Answer> {
  return runInDurableObject(objectOf(id), async (object) => {
    assert(object instanceof TaskObject);
    return act(object);
  });
}

async function declared(queue: string): Promise<string> {
  const id = newId();
  const none = { timeoutSeconds: null, gracePeriodSeconds: null, retentionSeconds: null };
  await inTask(id, (task) => task.command({ type: "declare", ...none, metadata: {}, queue }));
  return id;
}

const waits = { kind: "waits", attempt: 0, priority: 0, availableAtMs: null } as const;
const counts = (queue: string) => ask(queue, (object) => object.read());

it("a queue that is only looked at stores nothing", async () => {
  const queue = newQueue();
  expect(await counts(queue)).toMatchObject({ queue, pending: 0, oldestPendingSeconds: null });
  expect(await ask(queue, (object) => object.offer("worker"))).toBeNull();
  const tables = await runInDurableObject(queueOf(queue), (_, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master").toArray(),
  );
  expect(tables).toEqual([]);
});

it("an offer that is settled counts as a run, until the task says that it has ended", async () => {
  const queue = newQueue();
  const id = await declared(queue);
  await ask(queue, (object) => object.hear([{ id, word: waits }]));
  expect(await ask(queue, (object) => object.offer("worker"))).toEqual({ id });
  const start = { type: "start", holder: "worker", fromQueue: queue } as const;
  expect(await inTask(id, (task) => task.command(start))).toMatchObject({ kind: "changed" });
  const runs: OfferEnd = { kind: "runs", attempt: 1, holder: "worker" };
  await ask(queue, (object) => object.settle({ id, holder: "worker" }, runs));
  expect(await counts(queue)).toMatchObject({ pending: 0, running: 1 });
  await evictDurableObject(queueOf(queue));
  expect(await counts(queue)).toMatchObject({ pending: 0, running: 1 });
  const cancel = {
    type: "cancel",
    reason: null,
    requestedBy: null,
    gracePeriodSeconds: 0,
  } as const;
  await inTask(id, (task) => task.command(cancel));
  await ring(id);
  await vi.waitUntil(async () => (await counts(queue)).running === 0, PATIENCE);
});

it("a task that was cancelled while it waits is not offered", async () => {
  const queue = newQueue();
  const id = await declared(queue);
  await ask(queue, (object) => object.hear([{ id, word: waits }]));
  const cancel = {
    type: "cancel",
    reason: null,
    requestedBy: null,
    gracePeriodSeconds: 0,
  } as const;
  await inTask(id, (task) => task.command(cancel));
  await vi.waitUntil(async () => (await counts(queue)).pending === 0, PATIENCE);
  expect(await ask(queue, (object) => object.offer("worker"))).toBeNull();
});

it("a run whose end was never heard of is asked for by the alarm", async () => {
  const queue = newQueue();
  const id = await declared(queue);
  const runs = { kind: "runs", attempt: 1, holder: "worker" } as const;
  await ask(queue, (object) => object.hear([{ id, word: runs }]));
  clock.advance(60);
  await evictDurableObject(queueOf(queue));
  await runDurableObjectAlarm(queueOf(queue));
  // The task says that it waits.
  expect(await counts(queue)).toMatchObject({ running: 0, pending: 1 });
});
