import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "undici";
import type { Job, Side } from "./job.ts";
import { connectedClient, sendSafe } from "./requests.ts";
import type { Stopwatch } from "./stopwatch.ts";

type QueueJob = Extract<Job, { kind: "queue" }>;

/** How a queue is spoken to. */
interface QueueDialect {
  fill(client: Client, queue: string, tasks: number): Promise<void>;
  enqueue(client: Client, queue: string, id: string): Promise<void>;
  /** Null: there is none. */
  claim(client: Client, claim: Claim): Promise<string | null>;
  finish(client: Client, claim: Claim, id: string): Promise<void>;
}

interface Claim {
  readonly queue: string;
  /** Which claim of this queue. */
  readonly number: number;
  readonly waitSeconds: number;
}

const ENQUEUED_AT_ONCE = 100;
/** Until a claim is parked. */
const PARKED_AFTER_MS = 15;
const LONG_SECONDS = 300;

const idOf = (queue: string, number: number) => `${queue}-${number}`;

const product: QueueDialect = {
  async fill(client, queue, tasks) {
    for (let first = 0; first < tasks; first += ENQUEUED_AT_ONCE) {
      const length = Math.min(ENQUEUED_AT_ONCE, tasks - first);
      const some = Array.from({ length }, (_, number) => ({ id: idOf(queue, first + number) }));
      const body = JSON.stringify({ tasks: some });
      await sendSafe(client, {
        method: "POST",
        path: `/v1/queues/${queue}/tasks`,
        body,
        status: 200,
      });
    }
  },
  async enqueue(client, queue, id) {
    const body = JSON.stringify({ queue });
    await sendSafe(client, { method: "PUT", path: `/v1/tasks/${id}`, body, status: 201 });
  },
  async claim(client, { queue, number, waitSeconds }) {
    let answer = "";
    const path = `/v1/queues/${queue}/claim?wait=${waitSeconds}`;
    const body = JSON.stringify({ holder: holderOf(number) });
    const onData = (chunk: Buffer) => {
      answer += chunk.toString();
    };
    await sendSafe(client, { method: "POST", path, body, status: 200, onData });
    const { id }: { readonly id: string } = JSON.parse(answer);
    return id;
  },
  async finish(client, { number }, id) {
    const body = JSON.stringify({ attempt: 1, holder: holderOf(number), status: "succeeded" });
    await sendSafe(client, { method: "POST", path: `/v1/tasks/${id}/finish`, body, status: 200 });
  },
};

function holderOf(number: number): string {
  return `bench-${number}`;
}

/** The load itself knows which task is the next: the floor has no order. */
const floor: QueueDialect = {
  async fill() {},
  async enqueue(client, queue, id) {
    await sendSafe(client, { method: "POST", path: `/${queue}?enqueue=${id}`, status: 200 });
  },
  async claim(client, { queue, number, waitSeconds }) {
    const id = idOf(queue, number);
    const how = waitSeconds > 0 ? "claim" : "start";
    await sendSafe(client, { method: "POST", path: `/${queue}?${how}=${id}`, status: 200 });
    return id;
  },
  async finish(client, { queue }, id) {
    await sendSafe(client, { method: "POST", path: `/${queue}?finish=${id}`, status: 200 });
  },
};

interface Options {
  readonly serviceUrl: string;
  readonly side: Side;
  readonly job: QueueJob;
  readonly answered: Stopwatch;
  readonly told: Stopwatch;
}

/** Puts load on one queue. */
export async function loadQueue({ serviceUrl, side, job, answered, told }: Options): Promise<void> {
  const dialect = side === "floor" ? floor : product;
  const { queue, tasks, workers } = job;
  const clients = await Promise.all(
    Array.from({ length: workers + 1 }, () => connectedClient(serviceUrl)),
  );
  const [submitter, ...own] = clients;
  const [worker] = own;
  if (submitter === undefined || worker === undefined) throw new Error("there is no worker");
  switch (job.act) {
    case "fill":
      await dialect.fill(submitter, queue, tasks);
      break;
    case "hand over":
      for (let number = 0; number < tasks; number++) {
        const claim = { queue, number, waitSeconds: 30 };
        const claimed = dialect.claim(worker, claim);
        await sleep(PARKED_AFTER_MS);
        const beganAtMs = performance.now();
        const enqueued = dialect.enqueue(submitter, queue, idOf(queue, number));
        const id = await claimed;
        told.note(beganAtMs, performance.now());
        await enqueued;
        if (id !== null) await dialect.finish(worker, claim, id);
      }
      break;
    case "claim":
      for (let number = 0; number < tasks; number++) {
        const beganAtMs = performance.now();
        await dialect.claim(worker, { queue, number, waitSeconds: 0 });
        answered.note(beganAtMs, performance.now());
      }
      break;
    case "drain": {
      let next = 0;
      await Promise.all(
        own.map(async (client) => {
          while (next < tasks) {
            const claim = { queue, number: next++, waitSeconds: 0 };
            const beganAtMs = performance.now();
            const id = await dialect.claim(client, claim);
            if (id !== null) await dialect.finish(client, claim, id);
            answered.note(beganAtMs, performance.now());
          }
        }),
      );
      break;
    }
    case "park":
      for (const [number, client] of own.entries()) {
        // It ends with the service.
        dialect.claim(client, { queue, number, waitSeconds: LONG_SECONDS }).catch(() => {});
      }
      await sleep(PARKED_AFTER_MS);
      return;
  }
  await Promise.all(clients.map((client) => client.close()));
}
