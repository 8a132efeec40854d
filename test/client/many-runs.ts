// A process that makes many runs with one signal, as a worker does that runs for months, and prints how many
// bytes of its heap each has left behind. The service is stubbed: it is the client's own memory that counts.

import { TaskClient } from "edge-canceler";
import { taskState } from "./task-state.ts";

const WARM_UP = 5000;
const RUNS = 50_000;

const tasks = new TaskClient({
  url: "http://127.0.0.1:9",
  fetch: async (url, { method, signal }) => {
    if (method === "GET")
      await new Promise((_, reject) => signal?.addEventListener("abort", reject));
    const id = new URL(url).pathname.split("/")[3] ?? "";
    const text = JSON.stringify({ ...taskState(id), id });
    // A stream of the runtime's own would take most of the time.
    const chunks = [new TextEncoder().encode(text)];
    const read = async () => ({ done: chunks.length === 0, value: chunks.pop() });
    return { status: 200, headers: new Headers(), body: { getReader: () => ({ read }) } };
  },
});
const shutdown = new AbortController();

async function run(times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await tasks.run("1234", () => {}, { signal: shutdown.signal });
  }
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

await run(WARM_UP);
const before = heapBytes();
await run(RUNS);
console.log((heapBytes() - before) / RUNS);
