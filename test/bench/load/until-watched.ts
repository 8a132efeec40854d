import { setTimeout as sleep } from "node:timers/promises";
import { keepAliveClient } from "./keep-alive-client.ts";
import { send } from "./send.ts";

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
