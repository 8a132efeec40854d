import {
  type Cancellation,
  RequestRefusedError,
  ServiceUnreachableError,
  TaskCancelledError,
  type TaskClient,
  TaskFencedError,
  TaskGoneError,
  TaskLeaseLostError,
  type TaskState,
  type TaskWatch,
  type WatchedRun,
} from "../../index.ts";
import { startTimer } from "../../timer.ts";
import type { StopReason } from "./stop.ts";

interface WatchTaskOptions {
  readonly taskId: string;
  /** How long the service may be silent before the command is stopped; null for no limit. */
  readonly abortAfterSeconds: number | null;
  /** Null until the task is started: the watch then belongs to no run. */
  readonly run: WatchedRun | null;
  readonly onStop: (reason: StopReason) => void;
  /** Called with the cancellation whenever something about it has changed. */
  readonly onCancellation: (cancellation: Cancellation) => void;
  /** Called each time the service refuses the watch, which is retried anyway. */
  readonly onRefused: (error: Error) => void;
}

/** Watches a task for reasons to stop its command. */
export function watchTask(tasks: TaskClient, options: WatchTaskOptions): TaskWatch {
  const { taskId, abortAfterSeconds, run, onStop, onCancellation, onRefused } = options;
  const watch = tasks.watch(taskId, {
    run: run ?? undefined,
    onUnreachable: abortAfterSeconds === null ? undefined : { abortAfterSeconds },
    onChange(task) {
      if (task.cancellation) onCancellation(task.cancellation);
    },
    onError(error) {
      // The task is not started yet: it will be as soon as the service answers.
      const isUnknown = error instanceof RequestRefusedError && error.status === 404;
      if (!isUnknown) onRefused(error);
    },
  });
  watch.signal.addEventListener("abort", () => {
    onStop(stopReasonOf(watch.signal.reason, abortAfterSeconds ?? 0));
  });
  return watch;
}

/** Translates the reason of a client's signal to the reason why a command has to stop. */
export function stopReasonOf(reason: unknown, silentForSeconds: number): StopReason {
  if (reason instanceof TaskCancelledError) {
    return { kind: "cancelled", cancellation: reason.cancellation };
  }
  if (reason instanceof ServiceUnreachableError) {
    return { kind: "unreachable", seconds: silentForSeconds };
  }
  if (reason instanceof TaskFencedError) return { kind: "fenced", attempt: reason.attempt };
  if (reason instanceof TaskLeaseLostError) return { kind: "lease-lost" };
  return { kind: reason instanceof TaskGoneError ? "gone" : "worker-stops" };
}

/** How much later than the service `exec` acts on a deadline that both know. */
const LATER_MS = 2000;

interface DeadlineOptions {
  readonly timeoutSeconds: number;
  /** Whether the service knows the deadline too, and so says itself when it has passed. */
  readonly isOnRecord: () => boolean;
  readonly onDeadline: () => void;
}

/**
 * Calls `onDeadline` when a deadline has passed, or a little later if the service knows the deadline too
 * and should say so first. Call the returned function to stop it.
 */
export function startDeadline(options: DeadlineOptions): () => void {
  const { timeoutSeconds, isOnRecord, onDeadline } = options;
  const end = () => {
    if (isOnRecord()) stop = startTimer(LATER_MS, onDeadline, undefined, true);
    else onDeadline();
  };
  let stop = startTimer(timeoutSeconds * 1000, end, undefined, true);
  return () => stop();
}

/**
 * Whether the service itself ends the task this long after its start, or sooner. It does not if the
 * token may not declare, or if somebody else had declared the task before.
 */
export function isDeadlineOnRecord(
  { startedAt, deadlineAt }: TaskState,
  timeoutSeconds: number,
): boolean {
  if (startedAt === null || deadlineAt === null) return false;
  return Date.parse(deadlineAt) - Date.parse(startedAt) <= timeoutSeconds * 1000;
}
