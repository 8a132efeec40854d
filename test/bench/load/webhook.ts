import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import * as v from "valibot";
import { productDialect } from "./dialects.ts";
import type { Job } from "./job.ts";
import { askClient, connectedClient, send } from "./requests.ts";
import type { Stopwatch } from "./stopwatch.ts";

const EVENT = v.object({ data: v.object({ id: v.string() }) });

/** A webhook of the service, and its receiver, which is this process and takes every event at once. */
export class ReceivedWebhook {
  readonly #serviceUrl: string;
  readonly #receivers = new Map<string, (atMs: number) => void>();

  constructor(serviceUrl: string) {
    this.#serviceUrl = serviceUrl;
  }

  /** Its receiver listens until this process ends. */
  async add(): Promise<void> {
    const server = createServer(async (request, response) => {
      const receivedAtMs = performance.now();
      const { data } = v.parse(EVENT, await json(request));
      response.writeHead(204).end();
      this.#receivers.get(data.id)?.(receivedAtMs);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("it has no port");
    const url = `http://127.0.0.1:${address.port}`;
    const client = await connectedClient(this.#serviceUrl);
    const body = JSON.stringify({ url, events: ["task.cancelling"] });
    await send(client, { method: "PUT", path: "/v1/webhooks/bench", body, status: 201 });
    await client.close();
  }

  /** One task after the other: the clock starts before the request goes out. */
  async tell(job: Extract<Job, { kind: "tell webhook" }>, told: Stopwatch): Promise<void> {
    const client = await connectedClient(this.#serviceUrl);
    for (let number = 0; number < job.tasks; number++) {
      const id = `${job.group}-${number}`;
      const received = new Promise<number>((resolve) => this.#receivers.set(id, resolve));
      const beganAtMs = performance.now();
      const answer = askClient(client, productDialect.asks.cancel, id);
      told.note(beganAtMs, await received);
      await answer;
    }
    await client.close();
  }
}
