import { setTimeout as sleep } from "node:timers/promises";
import {
  type DeclareRequest,
  RequestRefusedError,
  ServiceUnreachableError,
  type TaskClient,
} from "../../index.ts";
import type { StartOutcome } from "./start-outcome.ts";

const ASK_AGAIN_AFTER_MS = 5000;

interface Options {
  readonly taskId: string;
  readonly holder: string;
  /** What the task is declared with first; null: it is not declared. */
  readonly declaration: DeclareRequest | null;
  /** Gives it up; the answer is then null. */
  readonly signal: AbortSignal;
  /** Called at each failure. */
  readonly onUnreachable: () => void;
}

/** Starts a task; asks until the service answers, however long that takes. */
export async function startTask(tasks: TaskClient, options: Options): Promise<StartOutcome | null> {
  const { taskId, holder, declaration, signal, onUnreachable } = options;
  while (!signal.aborted) {
    try {
      if (declaration !== null) await declare(tasks, taskId, declaration, signal);
      return { kind: "started", task: await tasks.start(taskId, { holder, signal }) };
    } catch (error) {
      if (signal.aborted) return null;
      if (isByService(error)) return outcomeOf(error);
      if (!isUnreachable(error)) throw error;
      onUnreachable();
      await sleep(ASK_AGAIN_AFTER_MS, undefined, { signal }).catch(() => {});
    }
  }
  return null;
}

/** A worker's token may not allow to declare, and exec keeps the deadline and the grace period by itself. */
async function declare(
  tasks: TaskClient,
  taskId: string,
  declaration: DeclareRequest,
  signal: AbortSignal,
): Promise<void> {
  try {
    await tasks.declare(taskId, declaration, { signal });
  } catch (error) {
    const isForbidden = error instanceof RequestRefusedError && error.status === 403;
    if (!isForbidden) throw error;
  }
}

function outcomeOf(error: RequestRefusedError): StartOutcome {
  const task = error.problem?.task;
  if (!task?.cancellation) return { kind: "refused", error };
  const { cancellation, endedAt } = task;
  return {
    kind: "cancelled",
    reason: { kind: "cancelled", cancellation, isOver: endedAt !== null },
  };
}

/** A 403 or 404 of something else in the service's place, a firewall or a proxy, is no word of the service. */
function isByService(error: unknown): error is RequestRefusedError {
  return error instanceof RequestRefusedError && error.problem !== null;
}

function isUnreachable(error: unknown): boolean {
  return error instanceof ServiceUnreachableError || error instanceof RequestRefusedError;
}
