import type { TaskState } from "../../../worker-client/protocol.ts";
import { runningTimeMs, type Stall } from "../stalls.ts";
import { type Call, type Life, seenIn, type Watcher } from "./lives.ts";

/** How soon a connected watcher has to learn of a cancel. */
export const LEARN_WITHIN_MS = 1000;

/**
 * I3. Every live watcher learns of a cancel within a second of its acknowledgement. A watcher whose
 * line was cut learns within a second of being connected again. Time in which the machine stalled
 * does not count.
 */
export function watchersLearn(
  { calls, watchers }: Life,
  untilMs: number,
  stalls: readonly Stall[],
): string[] {
  const acknowledged = calls.flatMap(({ operation, answer }) =>
    operation === "cancel" && answer?.task?.cancellation ? [answer.atMs] : [],
  );
  if (acknowledged.length === 0) return [];
  const acknowledgedAtMs = Math.min(...acknowledged);
  const isInTime = (fromMs: number, atMs: number) =>
    runningTimeMs(stalls, atMs) <= runningTimeMs(stalls, fromMs) + LEARN_WITHIN_MS;
  return watchers.flatMap((watcher) => {
    const connectedAtMs = connectedSince(watcher, acknowledgedAtMs, isInTime);
    if (connectedAtMs === null) return [];
    const learntAtMs = learnt(watcher);
    const closedAtMs = watcher.closedAtMs ?? Number.POSITIVE_INFINITY;
    const endedAtMs = Math.min(learntAtMs, closedAtMs, untilMs + 1);
    if (isInTime(connectedAtMs, endedAtMs)) return [];
    const when = learntAtMs === Number.POSITIVE_INFINITY ? "never" : `at ${learntAtMs}`;
    return [
      `the cancel was acknowledged at ${acknowledgedAtMs}, ${watcher.watcher} was connected from ${connectedAtMs} on and learnt of it ${when}`,
    ];
  });
}

/**
 * Returns when the time began in which a watcher had to learn of a cancel; null: never. A cut within
 * that time starts it anew. A line is connected at the latest when the first news comes over it.
 */
function connectedSince(
  { line, told }: Watcher,
  acknowledgedAtMs: number,
  isInTime: (fromMs: number, atMs: number) => boolean,
): number | null {
  const [firstWord] = told;
  const changes = [...line].sort((a, b) => a.atMs - b.atMs);
  const [firstChange] = changes;
  if (firstWord && (!firstChange || firstWord.atMs < firstChange.atMs)) {
    changes.unshift({ atMs: firstWord.atMs, isConnected: true });
  }
  let sinceMs: number | null = null;
  for (const { atMs, isConnected } of changes) {
    if (isConnected) sinceMs ??= Math.max(atMs, acknowledgedAtMs);
    else if (sinceMs === null || isInTime(sinceMs, atMs)) sinceMs = null;
  }
  return sinceMs;
}

function learnt({ told, aborted }: Watcher): number {
  const toldAtMs = told.flatMap(({ atMs, task }) => (task.cancellation === null ? [] : [atMs]));
  return Math.min(aborted?.atMs ?? Number.POSITIVE_INFINITY, ...toldAtMs);
}

/** I4. A cancel is told only if somebody asked for it, and a watch aborts only for a reason. */
export function nothingInvented(life: Life): string[] {
  const askedAtMs = (operation: string) =>
    Math.min(...life.calls.flatMap((call) => (call.operation === operation ? [call.atMs] : [])));
  const cancelAtMs = askedAtMs("cancel");
  const all = seenIn(life);
  const deadlines = all.flatMap(({ task }) =>
    task?.deadlineAt ? [Date.parse(task.deadlineAt)] : [],
  );
  const deadlineAtMs = Math.min(...deadlines);
  const starts = life.calls.filter(({ operation }) => operation === "start").length;

  const seen = all.flatMap(({ seenAtMs, task }) => {
    const cause = task === null ? null : inventedCause(task, seenAtMs, cancelAtMs, deadlineAtMs);
    return cause === null
      ? []
      : [`a cancel (${cause}) was seen at ${seenAtMs}, and nobody asked for it`];
  });
  const aborted = life.watchers.flatMap((watcher) =>
    isInvented(watcher, { cancelAtMs, deadlineAtMs, forgetAtMs: askedAtMs("forget"), starts })
      ? [`${watcher.watcher} aborted with ${JSON.stringify(watcher.aborted)} for no reason`]
      : [],
  );
  return [...seen, ...aborted];
}

function inventedCause(
  { cancellation, status }: TaskState,
  seenAtMs: number,
  cancelAtMs: number,
  deadlineAtMs: number,
): string | null {
  if (cancellation === null)
    return status === "cancelled" || status === "timed_out" ? status : null;
  const { cause } = cancellation;
  return seenAtMs < (cause === "request" ? cancelAtMs : deadlineAtMs) ? cause : null;
}

interface Reasons {
  readonly cancelAtMs: number;
  readonly deadlineAtMs: number;
  readonly forgetAtMs: number;
  readonly starts: number;
}

function isInvented({ aborted }: Watcher, reasons: Reasons): boolean {
  if (aborted === null) return false;
  switch (aborted.error) {
    case "TaskCancelledError":
      return (
        aborted.atMs < (aborted.cause === "request" ? reasons.cancelAtMs : reasons.deadlineAtMs)
      );
    case "TaskFencedError":
      return reasons.starts < 2;
    case "TaskGoneError":
      return aborted.atMs < reasons.forgetAtMs;
    default:
      return true;
  }
}

/** Two processes read their clocks one after the other, and a timer may be a millisecond off. */
const TOLERANCE_MS = 2;
/** How late an alarm may act: it may be late, and one that fails rings again. */
const LATE_MS = 10_000;

/** I7. No deadline, grace period or wait ends early, and none is lost. */
export function timersInTime(life: Life): string[] {
  const states = seenIn(life).flatMap(({ task, begunAtMs }) =>
    task === null ? [] : [...actedEarly(task), ...neverActed(task, begunAtMs)],
  );
  return [...new Set(states), ...life.calls.flatMap(endedEarly), ...life.calls.flatMap(neverEnded)];
}

function actedEarly({ cancellation, deadlineAt, endedAt, status }: TaskState): string[] {
  if (cancellation === null) return [];
  const { cause, requestedAt, acknowledgedAt, graceEndsAt } = cancellation;
  const isEnded = status === "cancelled" || status === "timed_out";
  // An acknowledgement that comes after the end says as little as none about why it ended.
  const isGivenUp = isEnded && (acknowledgedAt === null || isBefore(endedAt, acknowledgedAt));
  return [
    ...(cause === "timeout" && isBefore(requestedAt, deadlineAt)
      ? [`its deadline of ${deadlineAt} acted at ${requestedAt}`]
      : []),
    ...(isGivenUp && isBefore(endedAt, graceEndsAt)
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

/** A poll hears that nothing has changed when its wait is over, and the Worker keeps that time. */
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
