import {
  RequestRefusedError,
  ServiceUnreachableError,
  TaskCancelledError,
  type TaskClient,
  type TaskWatch,
} from "../../index.ts";
import type { StopReason } from "./stop-reason.ts";

interface Options {
  readonly taskId: string;
  /** Stop when nothing was heard for so long; null: never. */
  readonly abortAfterSeconds: number | null;
  /** The attempt that this run is; null as long as the service has not said. */
  readonly attempt: () => number | null;
  readonly onStop: (reason: StopReason) => void;
  /** Called once, where the service does not allow the watch. It is tried again all the same. */
  readonly onRefused: (error: Error) => void;
}

/** Watches a task for what ends its command. */
export function watchTask(tasks: TaskClient, options: Options): TaskWatch {
  const { taskId, abortAfterSeconds, attempt, onStop, onRefused } = options;
  let isRefused = false;
  const watch = tasks.watch(taskId, {
    onUnreachable: abortAfterSeconds === null ? undefined : { abortAfterSeconds },
    onChange(task) {
      const own = attempt();
      if (own !== null && task.attempt > own) onStop({ kind: "fenced", attempt: task.attempt });
    },
    onError(error) {
      // Nobody knows it yet: it is started as soon as the service answers.
      const isUnknown = error instanceof RequestRefusedError && error.status === 404;
      if (isRefused || isUnknown) return;
      isRefused = true;
      onRefused(error);
    },
  });
  watch.signal.addEventListener("abort", () => {
    const { reason } = watch.signal;
    if (reason instanceof TaskCancelledError) {
      const isOver = (watch.task?.endedAt ?? null) !== null;
      onStop({ kind: "cancelled", cancellation: reason.cancellation, isOver });
    } else if (reason instanceof ServiceUnreachableError) {
      onStop({ kind: "unreachable", seconds: abortAfterSeconds ?? 0 });
    } else {
      onStop({ kind: "gone" });
    }
  });
  return watch;
}
