import { TaskCancelledError, type TaskClient, type TaskState } from "../index.ts";

/** The signals that end a watch, each with the exit code that the shells have for it. */
const SIGNALS = Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 });

interface Listener {
  onChange(task: TaskState): void;
  /** Called every second. */
  onTick(): void;
}

/**
 * Follows a task until it has ended or somebody ends this process; answers the exit code. Rejects
 * when the service refuses, or has forgotten the task.
 */
export async function followToEnd(
  tasks: TaskClient,
  id: string,
  { onChange, onTick }: Listener,
): Promise<number> {
  let resolve = (_exitCode: number) => {};
  let reject = (_reason: unknown) => {};
  const end = new Promise<number>((...both) => {
    [resolve, reject] = both;
  });
  const handlers = SIGNALS.map(([signal, exitCode]) => ({ signal, stop: () => resolve(exitCode) }));
  for (const { signal, stop } of handlers) process.once(signal, stop);
  // It keeps the process alive, which a watch does not.
  const timer = setInterval(onTick, 1000);
  const watch = tasks.watch(id, {
    onChange(task) {
      onChange(task);
      if (task.endedAt !== null) resolve(0);
    },
    onError: reject,
  });
  watch.signal.addEventListener("abort", () => {
    // That it was cancelled is a change like any other here.
    const { reason } = watch.signal;
    if (!(reason instanceof TaskCancelledError)) reject(reason);
  });
  try {
    return await end;
  } finally {
    watch.close();
    clearInterval(timer);
    for (const { signal, stop } of handlers) process.off(signal, stop);
  }
}
