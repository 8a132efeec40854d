import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Server } from "node:net";
import { text } from "node:stream/consumers";
import { expect, type Mock, vi } from "vitest";
import {
  type FinishRequest,
  TaskClient,
  type TaskClientOptions,
} from "../../worker-client/index.ts";

interface FakeService extends AsyncDisposable {
  readonly url: string;
  /** What arrives, in order. Nothing is answered but by the test. */
  readonly requests: Arrivals<Exchange>;
}

/** An HTTP server that says whatever a test makes it say: anything but the service. */
export async function fakeService(): Promise<FakeService> {
  const requests = new Arrivals<Exchange>();
  const server = createServer((request, response) => requests.add(new Exchange(request, response)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** A request, and whatever answer a test likes to give. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.response = response;
  }

  get method(): string {
    return this.request.method ?? "";
  }

  /** The path, without what follows the question mark. */
  get path(): string {
    return this.#url.pathname;
  }

  get query(): URLSearchParams {
    return this.#url.searchParams;
  }

  /** What was sent, as JSON. */
  async body(): Promise<unknown> {
    return JSON.parse(await text(this.request));
  }

  /** Answers with JSON, or with a text as it is. */
  answer(status: number, body: object | string, headers: Record<string, string> = {}): void {
    const isText = typeof body === "string";
    this.response.writeHead(status, {
      "Content-Type": isText ? "text/html" : "application/json",
      ...headers,
    });
    this.response.end(isText ? body : JSON.stringify(body));
  }

  /** Answers nothing: the connection is reset. */
  reset(): void {
    this.request.socket.resetAndDestroy();
  }

  get #url(): URL {
    return new URL(this.request.url ?? "", "http://fake.invalid");
  }
}

/** Things that arrive one by one, and somebody who takes them one by one, in that order. */
export class Arrivals<Thing> {
  readonly #arrived: Thing[] = [];
  readonly #takers: ((thing: Thing) => void)[] = [];

  /** How many have arrived that nobody has taken. */
  get left(): number {
    return this.#arrived.length;
  }

  add(thing: Thing): void {
    const taker = this.#takers.shift();
    if (taker) taker(thing);
    else this.#arrived.push(thing);
  }

  /** The next one, as soon as there is one. */
  next(): Promise<Thing> {
    const thing = this.#arrived.shift();
    if (thing !== undefined) return Promise.resolve(thing);
    return new Promise((resolve) => this.#takers.push(resolve));
  }
}

/** The next request that is none of the watch, which the end of the work may have overtaken. */
export async function nextReport(requests: Arrivals<Exchange>): Promise<Exchange> {
  const exchange = await requests.next();
  return exchange.method === "GET" ? nextReport(requests) : exchange;
}

/** What a report of the end of a first attempt says; the holder is a name of the client's own. */
export function endReport(status: FinishRequest["status"], more: object = {}) {
  return { attempt: 1, holder: expect.any(String), status, ...more };
}

/** The port that a server listens on. */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it has no port");
  return address.port;
}

/** A client whose watches are long polls. */
export function pollingClient(url: string, token?: TaskClientOptions["token"]): TaskClient {
  return new TaskClient({ url, token, fetch: (to, init) => fetch(to, init) });
}

/** A token function that answers `token-1`, `token-2` and so on. */
export function numberedTokens(): Mock<() => string | Promise<string>> {
  let asked = 0;
  return vi.fn(() => `token-${++asked}`);
}
