import { once } from "node:events";
import { get } from "node:http";
import { expect, inject, it } from "vitest";
import { WebSocket as NodeSocket } from "ws";
import { TaskClient } from "../../worker-client/index.ts";
import { eventually } from "../client/suite/harness.ts";

const SLOW_READERS = 25;
const METADATA_CHARACTERS = 4000;
const MAX_RESTARTS = 1000;

it("readers that never read are cut off, and a client that reads misses nothing", async () => {
  const tasks = new TaskClient({ url: inject("serviceUrl") });
  const url = `${inject("serviceUrl")}/v1/tasks/slow-readers`;
  await tasks.declare("slow-readers", { metadata: { text: "x".repeat(METADATA_CHARACTERS) } });
  await tasks.start("slow-readers", { holder: "0" });
  await using end = new AsyncDisposableStack();
  for (let reader = 0; reader < SLOW_READERS; reader++) {
    const socket = new NodeSocket(url.replace("http", "ws"));
    socket.on("error", () => {});
    end.defer(() => socket.terminate());
    await once(socket, "open");
    socket.pause();
    const unread = get(url, { headers: { Accept: "text/event-stream" } });
    unread.on("error", () => {});
    end.defer(() => void unread.destroy());
    // Its answer is not read any further than its head.
    await once(unread, "response");
  }
  const learnt: number[] = [];
  using watch = tasks.watch("slow-readers", { onChange: ({ revision }) => learnt.push(revision) });
  const watchers = async () => (await tasks.get("slow-readers"))?.watchers ?? 0;
  expect(await eventually(watchers, (count) => count === 2 * SLOW_READERS + 1)).toBeDefined();
  let restarts = 0;
  while ((await watchers()) > 1 && restarts < MAX_RESTARTS) {
    for (let left = 50; left > 0; left--) {
      await tasks.start("slow-readers", { holder: String(++restarts) });
    }
  }
  // The client may have been cut off too, so fast as this goes; it comes back by itself.
  await eventually(watchers, (count) => count === 1);
  const now = await tasks.get("slow-readers");
  await eventually(
    async () => learnt.at(-1),
    (revision) => revision === now?.revision,
  );
  expect(watch.signal.aborted).toBe(false);
});
