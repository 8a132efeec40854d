import assert from "node:assert/strict";
import {
  cancellationOf,
  type EndedTask,
  isEnded,
  type StoredCancellation,
  type Task,
} from "../../src/tasks/task.ts";
import { graceEndsAtMs } from "../../src/tasks/timers.ts";

/** A change of a task, as it is stored. */
export interface Change {
  /**
   * What caused it: the type of an event, "take over" for a start that says so, "delivery" for a watch
   * that told of the cancel, or "sign of life" if only when a worker was heard is stored.
   */
  readonly cause: string;
  readonly before: Task | null;
  /** Null: the task is forgotten. */
  readonly after: Task | null;
  /** When it happened, by the service's clock. */
  readonly nowMs: number;
}

const CHECKS = {
  /** An acknowledged cancel is never lost. */
  I1: cancellationStays,
  /** Ended is ended, and a change is one revision. */
  I6: taskGoesOn,
  /** No timer acts early. */
  I7: timerIsDue,
  /** A run is not followed by another one while its worker may still be at work. */
  lease: runIsOver,
} as const;

/** Returns every promise that a change breaks, said in other words than the service's own code. */
export function brokenBy(change: Change): { invariant: keyof typeof CHECKS; detail: string }[] {
  return (["I1", "I6", "I7", "lease"] as const).flatMap((invariant) => {
    try {
      CHECKS[invariant](change);
      return [];
    } catch (error) {
      if (!(error instanceof assert.AssertionError)) throw error;
      const { cause, before, after } = change;
      const detail = `${cause} made ${nameOf(after)} of ${nameOf(before)}: ${error.message}`;
      return [{ invariant, detail }];
    }
  });
}

/** Returns a task in short, for people to read. */
export function nameOf(task: Task | null): string {
  return task === null ? "unknown" : `${task.status} r${task.revision} a${task.attempt}`;
}

/** Returns when the task's timer is due, in other words than the service's; infinity: never. */
export function dueAtMs(task: Task): number {
  if ("endedAtMs" in task) return task.endedAtMs + task.retentionSeconds * 1000;
  if (task.status === "cancelling") {
    const { graceFromMs, requestedAtMs, gracePeriodSeconds } = task.cancellation;
    return (graceFromMs ?? requestedAtMs) + (gracePeriodSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  }
  const { startedAtMs, timeoutSeconds } = task;
  const deadlineMs =
    startedAtMs === null || timeoutSeconds === null
      ? Number.POSITIVE_INFINITY
      : startedAtMs + timeoutSeconds * 1000;
  if (task.status === "pending" || task.leaseSeconds === null) return deadlineMs;
  return Math.min(deadlineMs, task.heardAtMs + task.leaseSeconds * 1000);
}

function timerIsDue({ cause, before, nowMs }: Change): void {
  if (cause !== "timer" || before === null) return;
  assert.ok(nowMs >= dueAtMs(before), `its timer was due at ${dueAtMs(before)}, it is ${nowMs}`);
}

/** The worker of a run that was lost has its grace period to stop, and a lease keeps others out. */
function runIsOver({ cause, before, after, nowMs }: Change): void {
  if (cause !== "start" || before === null || after?.status !== "running") return;
  assert.ok(!("leaseSeconds" in before) || before.leaseSeconds === null, "its run holds a lease");
  const last = before.attempts.at(-1);
  if (last?.outcome !== "lost" || last.endedAtMs === null) return;
  const overAtMs = last.endedAtMs + before.gracePeriodSeconds * 1000;
  assert.ok(nowMs >= overAtMs, `its lost worker may be at work until ${overAtMs}, it is ${nowMs}`);
}

function cancellationStays({ before, after }: Change): void {
  if (after === null) return;
  const now = cancellationOf(after);
  if (after.status === "cancelled") assert.equal(now?.cause, "request");
  if (after.status === "timed_out") assert.equal(now?.cause, "timeout");
  if (after.status === "cancelling") assert.ok(now, "cancelling needs a cancellation");
  const first = before && cancellationOf(before);
  if (!first) return;
  assert.ok(after.status !== "pending" && after.status !== "running", "a cancel beats every retry");
  assert.ok(now, "the cancellation is lost");
  assert.deepEqual(receipt(now), receipt(first));
  if (first.deliveredAtMs !== null) assert.equal(now.deliveredAtMs, first.deliveredAtMs);
  if (first.acknowledgedAtMs !== null) assert.equal(now.acknowledgedAtMs, first.acknowledgedAtMs);
  assert.ok(
    (now.gracePeriodSeconds ?? 0) <= (first.gracePeriodSeconds ?? 0),
    "the grace period is longer",
  );
  // A worker that hears late still has its whole grace period.
  const isDelivered = now.deliveredAtMs !== first.deliveredAtMs;
  assert.ok(
    isDelivered || (graceEndsAtMs(now) ?? 0) <= (graceEndsAtMs(first) ?? 0),
    "the grace period ends later",
  );
}

/** What never changes of a cancellation. */
function receipt({ cause, reason, requestedBy, requestedAtMs }: StoredCancellation) {
  return { cause, reason, requestedBy, requestedAtMs };
}

function taskGoesOn({ cause, before, after, nowMs }: Change): void {
  if (after === null) {
    assert.ok(before === null || isEnded(before), "a live task is forgotten");
    return;
  }
  if (cause === "delivery") {
    assert.equal(nameOf(after), nameOf(before), "a delivery changes nothing else");
    assert.ok(before && cancellationOf(before)?.deliveredAtMs === null, "it was delivered before");
    assert.notEqual(cancellationOf(after)?.deliveredAtMs, null, "nothing is delivered");
    if (after.status !== "cancelling") assert.equal(dueAtMs(after), dueAtMs(before));
    return;
  }
  if (cause === "sign of life") {
    assert.equal(nameOf(after), nameOf(before), "a sign of life changes nothing else");
    return;
  }
  assert.equal(after.revision, (before?.revision ?? nowMs) + 1, "a change is one revision");
  if (before !== null && isEnded(before)) changesAfterEnd(before, after);
  assert.ok(after.attempt >= (before?.attempt ?? 0), "attempts only grow");
  attemptsAreKept(after);
}

/**
 * What may still come of an end: a worker that the service had given up says how it ended, and a
 * task that failed runs again, or is cancelled so that it never does.
 */
function changesAfterEnd(before: EndedTask, after: Task): void {
  if (before.status === "failed") {
    assert.equal(before.cancellation, null, "a cancel beats every retry");
    if (after.status === "running") assert.equal(after.attempt, before.attempt + 1);
    else assert.ok(after.status === "failed" && after.cancellation, "a failed task runs again");
    return;
  }
  assert.notEqual(before.status, "succeeded", "succeeded is succeeded");
  assert.equal(after.status, before.status, "ended is ended");
  assert.equal(isEnded(after) && after.endedAtMs, before.endedAtMs);
  assert.equal(cancellationOf(before)?.acknowledgedAtMs, null, "a worker stops once");
  assert.notEqual(cancellationOf(after)?.acknowledgedAtMs, null);
}

/** The last attempts are on record, each with its outcome but for the one that runs. */
function attemptsAreKept({ attempts, attempt, status }: Task): void {
  const kept = Math.min(attempt, 20);
  assert.deepEqual(
    attempts.map((each) => each.attempt),
    Array.from({ length: kept }, (_, index) => attempt - kept + 1 + index),
  );
  for (const { outcome } of attempts.slice(0, -1)) {
    assert.ok(
      outcome === "fenced" || outcome === "failed" || outcome === "lost" || outcome === "released",
      `an earlier attempt is ${outcome}`,
    );
  }
  const last = attempts.at(-1);
  assert.equal(last?.outcome == null, last?.endedAtMs == null);
  if (status === "running" || status === "cancelling") assert.equal(last?.outcome, null);
  if (status === "succeeded") assert.equal(last?.outcome, status);
  if (status === "failed") assert.ok(last?.outcome === "failed" || last?.outcome === "lost");
  if (status === "pending" && last) assert.notEqual(last.outcome, null);
}
