import { setTimeout as sleep } from "node:timers/promises";
import type { TaskClient, TaskState, WatchedRun } from "../../index.ts";
import type { StopReason } from "./stop.ts";
import { watchTask } from "./watch.ts";

/** How long a cancel may take to get from a task to those below it. */
const REACHES_BELOW_WITHIN_MS = 10_000;
/** The service allows no more levels above a task. */
const MAX_ANCESTORS = 32;

interface Interrupted {
  readonly taskId: string;
  readonly run: WatchedRun;
  /** Aborts the call, which then rejects, or resolves with null. */
  readonly signal: AbortSignal;
}

/**
 * Returns why the service wants an interrupted run to stop; null if it does not. The signal may come
 * from an `exec` around this one, which stops its command because its task is cancelled. That cancel
 * reaches this task as well, but the signal may be faster. Only the service can say that a task is
 * cancelled: if a task above it is, this waits until the service says so.
 */
export async function reasonBehind(
  tasks: TaskClient,
  { taskId, run, signal }: Interrupted,
): Promise<StopReason | null> {
  const task = await tasks.get(taskId, { signal });
  if (task === null) return null;
  const { cancellation } = task;
  if (cancellation !== null) return { kind: "cancelled", cancellation };
  if (!(await isCancelledAbove(tasks, task, signal))) return null;
  return toldWithin(REACHES_BELOW_WITHIN_MS, tasks, { taskId, run, signal });
}

/** The reason that a watch of the run gives in time; null if it gives none. */
async function toldWithin(
  milliseconds: number,
  tasks: TaskClient,
  { taskId, run, signal }: Interrupted,
): Promise<StopReason | null> {
  const over = new AbortController();
  const end = () => over.abort();
  signal.addEventListener("abort", end);
  const told = new Promise<StopReason>((resolve) => {
    const watch = watchTask(tasks, {
      taskId,
      run,
      abortAfterSeconds: null,
      onStop: resolve,
      onCancellation: () => {},
      onRefused: () => {},
    });
    over.signal.addEventListener("abort", () => watch.close());
  });
  const late = sleep(milliseconds, null, { signal: over.signal }).catch(() => null);
  try {
    return await Promise.race([told, late]);
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}

/** Whether a task that this one is cancelled with was cancelled. */
async function isCancelledAbove(
  tasks: TaskClient,
  { parent }: TaskState,
  signal: AbortSignal,
): Promise<boolean> {
  let above = parent;
  for (let level = 0; above !== null && level < MAX_ANCESTORS; level++) {
    const task: TaskState | null = await tasks.get(above, { signal });
    if (task === null) return false;
    if (task.cancellation !== null) return true;
    above = task.parent;
  }
  return false;
}
