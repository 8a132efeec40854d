import type { TaskState } from "../../../worker-client/protocol.ts";
import type { Call, Life } from "./life.ts";
import { seenIn } from "./seen-in.ts";

/** Clocks of two processes are read one after the other, and a timer may be a millisecond off. */
const TOLERANCE_MS = 2;
/** An alarm may be late, and one that fails rings again; by then it must have acted. */
const LATE_MS = 10_000;

/** I7. No deadline, grace period or wait is over early, and a timer that is long due has acted. */
export function timersInTime(life: Life): string[] {
  const states = seenIn(life).flatMap(({ task, begunAtMs }) =>
    task === null ? [] : [...actedEarly(task), ...neverActed(task, begunAtMs)],
  );
  return [...new Set(states), ...life.calls.flatMap(endedEarly), ...life.calls.flatMap(neverEnded)];
}

function actedEarly({ cancellation, deadlineAt, endedAt, status }: TaskState): string[] {
  if (cancellation === null) return [];
  const { cause, requestedAt, acknowledgedAt, graceEndsAt } = cancellation;
  const isOver = status === "cancelled" || status === "timed_out";
  return [
    ...(cause === "timeout" && isBefore(requestedAt, deadlineAt)
      ? [`its deadline of ${deadlineAt} acted at ${requestedAt}`]
      : []),
    ...(isOver && acknowledgedAt === null && isBefore(endedAt, graceEndsAt)
      ? [`its grace period until ${graceEndsAt} was over at ${endedAt}`]
      : []),
  ];
}

function neverActed(
  { status, deadlineAt, cancellation }: TaskState,
  begunAtMs: number | null,
): string[] {
  const dueAt =
    status === "running" ? deadlineAt : status === "cancelling" ? cancellation?.graceEndsAt : null;
  if (!dueAt || begunAtMs === null || begunAtMs < Date.parse(dueAt) + LATE_MS) return [];
  return [`what was due at ${dueAt} had not happened at ${begunAtMs}: it is still ${status}`];
}

/** A poll is told that nothing has changed when its wait, which the Worker keeps, is over. */
function endedEarly({ call, atMs, waitMs, answer }: Call): string[] {
  if (waitMs === null || !answer?.isUnchanged) return [];
  const waitedMs = answer.atMs - atMs;
  if (waitedMs >= waitMs - TOLERANCE_MS) return [];
  return [`${call} was to wait for ${waitMs} ms, and its wait was over after ${waitedMs}`];
}

function neverEnded({ call, atMs, waitMs, givenUpAtMs }: Call): string[] {
  if (waitMs === null || givenUpAtMs === null || givenUpAtMs < atMs + waitMs + LATE_MS) return [];
  return [`${call} was to wait for ${waitMs} ms, and had no answer after ${givenUpAtMs - atMs}`];
}

function isBefore(time: string | null, dueAt: string | null): boolean {
  return time !== null && dueAt !== null && Date.parse(time) < Date.parse(dueAt);
}
