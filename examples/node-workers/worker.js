// Runs tasks from the queue "render", four at a time, until it is told to stop.
import { setTimeout as sleep } from "node:timers/promises";
import { TaskClient } from "edge-canceler";

const { EDGE_CANCELER_URL: url, EDGE_CANCELER_TOKEN: token, QUEUE: queue = "render" } = process.env;
const tasks = new TaskClient({ url, token });

// On SIGTERM, claim no more tasks, and let running ones finish.
const shutdown = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => shutdown.abort());

/** Renders frames, continuing where an earlier attempt stopped. `signal` aborts when the task is cancelled. */
async function render({ id, input, progress, signal, heartbeat }) {
  const { frames } = input;
  for (let frame = progress?.frame ?? 0; frame < frames; frame++) {
    await sleep(100, undefined, { signal }); // Your work: pass the signal on.
    await heartbeat({ frame: frame + 1 });
  }
  console.log(`${id}: ${frames} frames`);
  return { frames };
}

await tasks.work(queue, render, { concurrency: 4, signal: shutdown.signal });
