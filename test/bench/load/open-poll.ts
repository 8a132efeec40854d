import { keepAliveClient } from "./keep-alive-client.ts";
import { send } from "./send.ts";
import type { Watcher } from "./watcher.ts";

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
