import { TaskClient } from "../../../../worker-client/index.ts";
import type { Load } from "./load.ts";

interface Options {
  readonly way: "WebSocket" | "long poll";
  /** How long a poll is parked, and a WebSocket may be silent; the client's own default is 55. */
  readonly waitSeconds: number;
}

/**
 * Watches every task with the real client until the signal aborts; rejects as soon as one watch
 * ends by itself. It is the dead man's switch that tells the client how often to ask: twice.
 */
export function watchByClient(load: Load, { way, waitSeconds }: Options): Promise<void> {
  const { url, ids, signal } = load;
  // With a fetch of its own it has no WebSocket.
  const client = new TaskClient(way === "WebSocket" ? { url } : { url, fetch: globalThis.fetch });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onUnreachable = { abortAfterSeconds: 2 * waitSeconds };
  const watches = ids.map((id) => client.watch(id, { onUnreachable, onError: reject }));
  for (const watch of watches) {
    watch.signal.addEventListener("abort", () => reject(watch.signal.reason), { once: true });
  }
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => {
    for (const watch of watches) watch.close();
  });
}
