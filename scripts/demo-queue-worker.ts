// A typical queue worker. The same file runs on Node, Deno and Bun.
import process from "node:process";
import { TaskClient, type TaskRun } from "../worker-client/index.ts";

const [url = "", queue = ""] = process.argv.slice(2);

/** Shuts down when stdin ends, so that the worker does not outlive its parent process. */
const shutdown = new AbortController();
process.stdin.on("end", () => shutdown.abort()).resume();

/** "Renders" a frame, for as many milliseconds as its input says. */
async function render({ id, attempt, input, signal }: TaskRun): Promise<void> {
  console.log(`running ${id}, attempt ${attempt}`);
  try {
    await pause(Number(input), signal);
    console.log(`finished ${id}`);
  } catch (error) {
    console.log(`stopped: ${error instanceof Error ? error.message : error}`);
    throw error;
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}

// The shortest possible lease, to keep the demo short.
const options = { leaseSeconds: 10, drainSeconds: 0, signal: shutdown.signal };
await new TaskClient({ url }).work(queue, render, options);
// An open stdin would keep the process alive.
process.exit(0);
