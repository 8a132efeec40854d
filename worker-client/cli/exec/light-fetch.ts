import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { TaskClientOptions } from "../../index.ts";
import { namesProxy } from "../proxy.ts";

type Fetch = NonNullable<TaskClientOptions["fetch"]>;
type Body = NonNullable<Awaited<ReturnType<Fetch>>["body"]>;
type Reader = ReturnType<Body["getReader"]>;

/**
 * The part of `fetch` that a client needs. Node takes about 50 ms to load its own `fetch`, and a command
 * would have to wait for it; `node:http` takes a few. In other runtimes, and behind a proxy, this calls
 * the real `fetch`.
 */
export const lightFetch: Fetch = async (url, init) => {
  const { deno, bun } = process.versions;
  if (deno || bun || namesProxy(process.env)) return fetch(url, init);
  const response = await send(url, init);
  const { statusCode: status = 0, headers } = response;
  return {
    status,
    headers: { get: (name) => headers[name.toLowerCase()]?.toString() ?? null },
    body: { getReader: () => readerOf(response) },
  };
};

/** Web streams would take time to load. */
function readerOf(response: IncomingMessage): Reader {
  const chunks: AsyncIterator<Uint8Array> = response[Symbol.asyncIterator]();
  return {
    async read() {
      const { done = false, value } = await chunks.next();
      return { done, value };
    },
  };
}

async function send(url: string, init: RequestInit): Promise<IncomingMessage> {
  const { request } = await (url.startsWith("https:") ? import("node:https") : import("node:http"));
  const { method = "GET", signal, body } = init;
  const headers = recordOf(init.headers ?? {});
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, ...(signal && { signal }) }, resolve);
    sent.on("error", reject);
    sent.end(typeof body === "string" ? body : undefined);
  });
}

/** Using `Headers` would load all of `fetch`. */
function recordOf(headers: NonNullable<RequestInit["headers"]>): OutgoingHttpHeaders {
  return Symbol.iterator in headers ? Object.fromEntries(headers) : { ...headers };
}
