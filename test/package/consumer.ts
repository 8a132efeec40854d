import { TaskCancelledError, TaskClient, type TaskState, type TaskWatch } from "edge-canceler";

/** What somebody may write who has installed the package: it is copied there, checked and run. */
const [, , url = "", id = ""] = process.argv;
const tasks = new TaskClient({ url });

async function work(signal: AbortSignal): Promise<never> {
  const task: TaskState = await tasks.cancel(id, { reason: "wrong data" });
  console.log(task.status);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  throw signal.reason;
}

const error: unknown = await tasks.run(id, ({ signal }) => work(signal)).catch((reason) => reason);
if (!(error instanceof TaskCancelledError)) throw error;
const watch: TaskWatch = tasks.watch(id);
watch[Symbol.dispose]();
console.log(`${error.reason}: ${error.cause}`);
