import { setTimeout as sleep } from "node:timers/promises";
import {
  RequestRefusedError,
  ServiceUnreachableError,
  TaskCancelledError,
  type TaskClient,
  type TaskState,
  type TaskWatch,
} from "../../index.ts";
import type { StopReason } from "./stop.ts";

interface WatchTaskOptions {
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
export function watchTask(tasks: TaskClient, options: WatchTaskOptions): TaskWatch {
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

/** The service says it first, if it can. */
const LATER_MS = 2000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface DeadlineOptions {
  readonly timeoutSeconds: number;
  /** Whether the service knows the deadline too, and should have said that it has passed. */
  readonly isOnRecord: () => boolean;
  readonly ring: () => void;
  readonly signal: AbortSignal;
}

/** Rings once a deadline has passed and the service, if it knows of it, has had the time to say so. */
export async function ringAtDeadline(options: DeadlineOptions): Promise<void> {
  const { timeoutSeconds, isOnRecord, ring, signal } = options;
  try {
    await pause(timeoutSeconds * 1000, signal);
    if (isOnRecord()) await pause(LATER_MS, signal);
    ring();
  } catch {
    // Aborted: the command has ended.
  }
}

/** Timers have a longest time, and a deadline may be later. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const endsAtMs = performance.now() + milliseconds;
  for (let leftMs = milliseconds; leftMs > 0; leftMs = endsAtMs - performance.now()) {
    await sleep(Math.min(leftMs, LONGEST_TIMER_MS), undefined, { signal });
  }
}

/**
 * Whether the service ends the task by itself so long after its start, or sooner. It does not where
 * the token may not declare, or where somebody else has declared the task before.
 */
export function isDeadlineOnRecord(
  { startedAt, deadlineAt }: TaskState,
  timeoutSeconds: number,
): boolean {
  if (startedAt === null || deadlineAt === null) return false;
  return Date.parse(deadlineAt) - Date.parse(startedAt) <= timeoutSeconds * 1000;
}
