import type { Cancellation, TaskState, TaskStatus } from "../../worker-client/protocol.ts";

/** The meaning of a colour. Colour never stands alone: each status also has a mark and a word. */
export type Tone = "waiting" | "running" | "stopping" | "good" | "bad" | "stopped" | "unsure";

/** The shape next to the word. */
export type Mark = "ring" | "play" | "half" | "check" | "cross" | "slash" | "gap" | "clock";

export interface StatusText {
  readonly word: string;
  readonly tone: Tone;
  readonly mark: Mark;
  /** What the word alone does not say, or null. */
  readonly note: string | null;
}

/** The parts of a task that determine its status text. A list has less of the cancellation. */
interface StatusFacts extends Pick<TaskState, "status" | "attempt" | "availableAt" | "endedAt"> {
  readonly cancellation:
    | (Pick<Cancellation, "cause" | "requestedAt" | "acknowledgedAt"> &
        Partial<Pick<Cancellation, "graceEndsAt">>)
    | null;
}

/** How a status looks without a task, for example in a filter. */
export const LOOK: { readonly [status in TaskStatus]: Pick<StatusText, "word" | "tone" | "mark"> } =
  {
    pending: { word: "pending", tone: "waiting", mark: "ring" },
    running: { word: "running", tone: "running", mark: "play" },
    cancelling: { word: "cancelling", tone: "stopping", mark: "half" },
    succeeded: { word: "succeeded", tone: "good", mark: "check" },
    failed: { word: "failed", tone: "bad", mark: "cross" },
    cancelled: { word: "cancelled", tone: "stopped", mark: "slash" },
    timed_out: { word: "timed out", tone: "bad", mark: "clock" },
  };

/** Describes a task's status in one word, with a note. */
export function statusText(task: StatusFacts, nowMs: number): StatusText {
  const look = LOOK[task.status];
  const { cancellation } = task;
  switch (task.status) {
    case "pending":
      return { ...look, note: pendingNote(task, nowMs) };
    case "running":
      return { ...look, note: null };
    case "cancelling":
      return { ...look, note: "not acknowledged yet" };
    case "succeeded":
    case "failed":
      return { ...look, note: cancellation === null ? null : "cancelled too late" };
    case "cancelled":
    case "timed_out":
      return { ...look, ...endOf(task) };
  }
}

function pendingNote({ attempt, availableAt }: StatusFacts, nowMs: number): string | null {
  if (availableAt !== null && Date.parse(availableAt) > nowMs) {
    return attempt === 0 ? "delayed" : "waiting to be retried";
  }
  return attempt === 0 ? null : "to be retried";
}

/** Says how certain it is that a cancelled task has stopped. */
function endOf(task: StatusFacts): Pick<StatusText, "note"> & Partial<StatusText> {
  if (task.cancellation === null) return { note: "never started" };
  if (task.cancellation.acknowledgedAt !== null) return { note: "stopped" };
  if (wasRunning(task)) return { note: "not confirmed", tone: "unsure", mark: "gap" };
  return { note: task.attempt === 0 ? "never started" : "was not running" };
}

/** Whether the task was running when it was cancelled. In a list, only the times show that. */
function wasRunning({ cancellation, endedAt, attempt }: StatusFacts): boolean {
  if (cancellation === null || attempt === 0) return false;
  if (cancellation.graceEndsAt !== undefined) return cancellation.graceEndsAt !== null;
  return endedAt !== cancellation.requestedAt;
}

/** Which timeout a timed-out task ran into. */
export function timeoutWords({ startedAt }: Pick<TaskState, "startedAt">): string {
  return startedAt === null ? "not started in time" : "deadline passed";
}

/** Whether the status is final, except that a failed task can be retried. */
export function isEnded(status: TaskStatus): boolean {
  return status !== "pending" && status !== "running" && status !== "cancelling";
}

const SLOW_AFTER_MS = 5000;
const WORTH_IT_MS = 1000;

/** Whether to offer to force the end: the worker is slow to stop, and still has time left. */
export function isForceOffered({ status, cancellation }: TaskState, nowMs: number): boolean {
  if (status !== "cancelling" || cancellation === null) return false;
  const leftMs = graceLeftMs(cancellation, nowMs) ?? 0;
  return nowMs - Date.parse(cancellation.requestedAt) >= SLOW_AFTER_MS && leftMs > WORTH_IT_MS;
}

/** Milliseconds left of the grace period, or null if there is none. */
export function graceLeftMs({ graceEndsAt }: Cancellation, nowMs: number): number | null {
  return graceEndsAt === null ? null : Math.max(0, Date.parse(graceEndsAt) - nowMs);
}
