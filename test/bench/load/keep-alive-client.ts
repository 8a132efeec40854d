import { Client } from "undici";

/** One connection, kept for as long as it takes. */
export function keepAliveClient(serviceUrl: string): Client {
  return new Client(serviceUrl, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
}
