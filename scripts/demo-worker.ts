// A typical worker. The same file runs on Node, Deno and Bun.
import { TaskCancelledError, TaskClient } from "../worker-client/index.ts";

const [url = "", id = ""] = process.argv.slice(2);
const token = process.env["EDGE_CANCELER_TOKEN"];
const EPOCHS = 600;
const EPOCH_MS = 500;

/** "Trains" for five minutes. */
async function train(signal: AbortSignal): Promise<void> {
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    signal.throwIfAborted();
    await epochOf(signal);
  }
}

function epochOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, EPOCH_MS);
    signal.addEventListener("abort", stop, { once: true });
  });
}

try {
  await new TaskClient({ url, token }).run(id, async ({ signal, attempt }) => {
    console.log(`started, attempt ${attempt}`);
    await train(signal);
  });
  console.log("the training finished: nobody stopped it");
  process.exitCode = 1;
} catch (error) {
  if (!(error instanceof TaskCancelledError)) throw error;
  console.log(`stopped: ${error.message}`);
}
