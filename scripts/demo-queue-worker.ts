// A worker of a queue as anybody would write it: the same file runs under Node, Deno and Bun.
import process from "node:process";
import { TaskClient, type TaskRun } from "../worker-client/index.ts";

const [url = "", queue = ""] = process.argv.slice(2);

/** It goes home when its stdin ends: with whoever has started it. */
const shutdown = new AbortController();
process.stdin.on("end", () => shutdown.abort()).resume();

/** "Renders" a frame, for as long as its input says. */
async function render({ id, attempt, input, signal }: TaskRun): Promise<void> {
  console.log(`runs ${id}, attempt ${attempt}`);
  try {
    await pause(Number(input), signal);
    console.log(`has done ${id}`);
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

// The shortest lease there is, so that the demo is short.
const options = { leaseSeconds: 10, drainSeconds: 0, signal: shutdown.signal };
await new TaskClient({ url }).work(queue, render, options);
// An open stdin would keep the process alive.
process.exit(0);
