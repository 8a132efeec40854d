import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket as NodeSocket } from "ws";
import { TaskClient } from "../../../worker-client/index.ts";
import { keepAliveClient, send } from "./requests.ts";

/** Somebody who waits to be told that a task is cancelled. */
export interface Watcher {
  /** When it was told, on the clock of `performance.now()`. */
  readonly toldAtMs: Promise<number>;
  /** Leaves, as a client does that is done. */
  close(): Promise<void>;
}

/** Parks a watcher; resolves when it is parked. */
export type OpenWatcher = (serviceUrl: string, id: string) => Promise<Watcher>;

/** A bare WebSocket, parked when it is open; its first message is that it is told. */
export async function openSocket(serviceUrl: string, path: string): Promise<Watcher> {
  const url = serviceUrl.replace(/^http/, "ws") + path;
  const socket = new NodeSocket(url, { perMessageDeflate: false });
  const told = Promise.withResolvers<number>();
  socket.once("message", () => told.resolve(performance.now()));
  await once(socket, "open");
  return {
    toldAtMs: told.promise,
    async close() {
      if (socket.readyState === NodeSocket.CLOSED) return;
      const closed = once(socket, "close");
      socket.close(1000);
      await closed;
    },
  };
}

/** A long poll on a connection of its own; its answer is that it is told. It resolves when it is sent. */
export async function openPoll(serviceUrl: string, path: string): Promise<Watcher> {
  const client = keepAliveClient(serviceUrl);
  const connected = new Promise<void>((resolve) => client.once("connect", () => resolve()));
  const toldAtMs = send(client, { method: "GET", path, status: 200 }).then(() => performance.now());
  // Who leaves before it is told does not mind.
  toldAtMs.catch(() => {});
  await connected;
  return { toldAtMs, close: () => client.destroy() };
}

const ASK_EVERY_MS = 5;

/** Asks for the task until the service says that somebody watches it. */
export async function untilWatched(serviceUrl: string, path: string): Promise<void> {
  const client = keepAliveClient(serviceUrl);
  for (;;) {
    let task = "";
    const onData = (chunk: Buffer) => {
      task += chunk.toString();
    };
    await send(client, { method: "GET", path, status: 200, onData });
    if (!task.includes('"watchers":0')) break;
    await sleep(ASK_EVERY_MS);
  }
  await client.close();
}

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

/** A watch of the published client, parked when it has seen its task; it is told when its signal aborts. */
export async function openClientWatch(serviceUrl: string, id: string): Promise<Watcher> {
  const parked = Promise.withResolvers<void>();
  const told = Promise.withResolvers<number>();
  const watch = new TaskClient({ url: serviceUrl }).watch(id, { onChange: () => parked.resolve() });
  watch.signal.addEventListener("abort", () => told.resolve(performance.now()));
  await parked.promise;
  return { toldAtMs: told.promise, close: async () => watch.close() };
}
