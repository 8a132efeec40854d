import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import * as v from "valibot";

const EVENT = v.object({ data: v.object({ id: v.string() }) });

/** What a webhook is sent, by a receiver in this process that takes every event at once. */
export class ReceivedEvents implements AsyncDisposable {
  readonly #server = createServer(async (request, response) => {
    const { data } = v.parse(EVENT, await json(request));
    response.writeHead(204).end();
    this.#received(data.id).resolve();
  });
  readonly #events = new Map<string, PromiseWithResolvers<void>>();

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("it has no port");
    return `http://127.0.0.1:${address.port}`;
  }

  /** Resolves once an event of a task is there. */
  received(taskId: string): Promise<void> {
    return this.#received(taskId).promise;
  }

  #received(taskId: string): PromiseWithResolvers<void> {
    const event = this.#events.get(taskId) ?? Promise.withResolvers<void>();
    this.#events.set(taskId, event);
    return event;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
