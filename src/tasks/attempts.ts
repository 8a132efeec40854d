import { cutText, type JsonValue } from "../../worker-client/protocol.ts";
import type { StoredAttempt, Task } from "./task.ts";

const MAX_ATTEMPTS = 20;
/** A longer error is cut in the history, so that a task's state stays small; `error` has it whole. */
const MAX_ERROR_CHARACTERS = 1024;
const CUT_ERROR_CHARACTERS = 256;

/** The attempt that runs, or ran last. Null: the task was never started. */
export function lastAttempt(task: Task): StoredAttempt | null {
  return task.attempts.at(-1) ?? null;
}

/** Whether a holder had an attempt of this task before the last one. */
export function wasFenced(task: Task, holder: string): boolean {
  return task.attempts.slice(0, -1).some((earlier) => earlier.holder === holder);
}

/** The history once a holder begins the next attempt. One that was still running is fenced. */
export function startAttempt(
  attempts: readonly StoredAttempt[],
  started: Pick<StoredAttempt, "attempt" | "holder">,
  nowMs: number,
): readonly StoredAttempt[] {
  const next: StoredAttempt = {
    ...started,
    startedAtMs: nowMs,
    endedAtMs: null,
    outcome: null,
    error: null,
  };
  const earlier = endAttempt(attempts, { outcome: "fenced", error: null }, nowMs);
  return [...earlier, next].slice(-MAX_ATTEMPTS);
}

/** The history once the last attempt has ended. An attempt that had ended already stays as it is. */
export function endAttempt(
  attempts: readonly StoredAttempt[],
  { outcome, error }: Pick<StoredAttempt, "outcome" | "error">,
  nowMs: number,
): readonly StoredAttempt[] {
  const last = attempts.at(-1);
  if (last === undefined || last.outcome !== null) return attempts;
  return [
    ...attempts.slice(0, -1),
    { ...last, outcome, endedAtMs: nowMs, error: shortError(error) },
  ];
}

function shortError(error: JsonValue): JsonValue {
  const json = JSON.stringify(error);
  if (json.length <= MAX_ERROR_CHARACTERS) return error;
  const text = typeof error === "string" ? error : json;
  return `${cutText(text, CUT_ERROR_CHARACTERS)}…`;
}
