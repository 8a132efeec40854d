import type { Cancellation, TaskState, TaskStatus } from "../../worker-client/protocol.ts";

/** What a colour stands for. No meaning is left to the colour alone: each status has a mark and a word. */
export type Tone = "waiting" | "running" | "stopping" | "good" | "bad" | "stopped" | "unsure";

/** The shape beside the word. */
export type Mark = "ring" | "play" | "half" | "check" | "cross" | "slash" | "gap" | "clock";

export interface StatusText {
  readonly word: string;
  readonly tone: Tone;
  readonly mark: Mark;
  /** What the word alone does not say. */
  readonly note: string | null;
}

/** What of a task its status is told from; a list knows less of the cancellation. */
export interface StatusFacts
  extends Pick<TaskState, "status" | "attempt" | "availableAt" | "endedAt"> {
  readonly cancellation:
    | (Pick<Cancellation, "cause" | "requestedAt" | "acknowledgedAt"> &
        Partial<Pick<Cancellation, "graceEndsAt">>)
    | null;
}

/** How a status looks by itself, without a task: in a filter, for example. */
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

/** A task's status in a word, and what there is to add. */
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
    return attempt === 0 ? "delayed" : "waits to be tried again";
  }
  return attempt === 0 ? null : "to be tried again";
}

/** How sure it is that nothing of a cancelled task still runs. */
function endOf(task: StatusFacts): Pick<StatusText, "note"> & Partial<StatusText> {
  if (task.cancellation === null) return { note: "never started" };
  if (task.cancellation.acknowledgedAt !== null) return { note: "stopped" };
  if (wasRunning(task)) return { note: "not confirmed", tone: "unsure", mark: "gap" };
  return { note: task.attempt === 0 ? "never started" : "was not running" };
}

/** Whether a run had to be told of the cancel. A list does not say so, but the times do. */
function wasRunning({ cancellation, endedAt, attempt }: StatusFacts): boolean {
  if (cancellation === null || attempt === 0) return false;
  if (cancellation.graceEndsAt !== undefined) return cancellation.graceEndsAt !== null;
  return endedAt !== cancellation.requestedAt;
}

/** Which of its times was over, of a task that has timed out. */
export function timeoutWords({ startedAt }: Pick<TaskState, "startedAt">): string {
  return startedAt === null ? "not started in time" : "deadline passed";
}

/** Whether nothing changes the status any more, but for a failed task that is tried again. */
export function isEnded(status: TaskStatus): boolean {
  return status !== "pending" && status !== "running" && status !== "cancelling";
}

const DRAGS_ON_MS = 5000;
const WORTH_IT_MS = 1000;

/** Whether to offer not to wait for the worker: it takes its time, and has more of it. */
export function dragsOn({ status, cancellation }: TaskState, nowMs: number): boolean {
  if (status !== "cancelling" || cancellation === null) return false;
  const leftMs = graceLeftMs(cancellation, nowMs) ?? 0;
  return nowMs - Date.parse(cancellation.requestedAt) >= DRAGS_ON_MS && leftMs > WORTH_IT_MS;
}

/** How much of the grace period is left; null if there is none. */
export function graceLeftMs({ graceEndsAt }: Cancellation, nowMs: number): number | null {
  return graceEndsAt === null ? null : Math.max(0, Date.parse(graceEndsAt) - nowMs);
}
