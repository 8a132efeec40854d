import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { TaskClientOptions } from "../../index.ts";
import { namesProxy } from "../proxy.ts";

type Fetch = NonNullable<TaskClientOptions["fetch"]>;
type Body = NonNullable<Awaited<ReturnType<Fetch>>["body"]>;
type Reader = ReturnType<Body["getReader"]>;

/**
 * As much of `fetch` as a client needs. Node takes about 50 ms to load its own, which a command
 * would wait for; its `node:http` takes a few. Elsewhere, and for what only `fetch` can do (a proxy
 * of the environment), it is `fetch`.
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

/** A stream of the web's own would take time to load. */
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

/** A `Headers` of our own would load all of `fetch`. */
function recordOf(headers: NonNullable<RequestInit["headers"]>): OutgoingHttpHeaders {
  return Symbol.iterator in headers ? Object.fromEntries(headers) : { ...headers };
}
