import { keepAliveClient } from "./keep-alive-client.ts";
import { send } from "./send.ts";
import type { Watcher } from "./watcher.ts";

const EVENT = /^data: /m;

/** A stream of server-sent events, parked at its first comment; its first event is that it is told. */
export async function openEvents(serviceUrl: string, path: string): Promise<Watcher> {
  const client = keepAliveClient(serviceUrl);
  const parked = Promise.withResolvers<void>();
  const told = Promise.withResolvers<number>();
  const headers = { Accept: "text/event-stream" };
  const onData = (chunk: Buffer) => {
    if (EVENT.test(chunk.toString())) told.resolve(performance.now());
    else parked.resolve();
  };
  send(client, { method: "GET", path, headers, status: 200, onData }).catch(parked.reject);
  await parked.promise;
  return { toldAtMs: told.promise, close: () => client.destroy() };
}
