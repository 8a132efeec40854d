import assert from "node:assert/strict";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { withDelivery } from "../../src/tasks/cancellation.ts";
import {
  cancellationOf,
  type EndedTask,
  graceEndsAtMs,
  nextTimerAtMs,
  type Task,
} from "../../src/tasks/task.ts";
import { type AnyOutcome, AT, arbitraryStep, outcomeOf, STATUSES, type Step } from "./harness.ts";

it("whatever happens in whatever order, on clocks that also jump back, the promises hold", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(arbitraryStep, { minLength: 1, maxLength: 30, size: "max" }), (steps) => {
      let task: Task | null = null;
      let nowMs: number = AT.declared;
      for (const { what, when } of steps) {
        nowMs = momentOf(when, task, nowMs);
        if (what.type === "delivery") {
          task = task && delivered(task, nowMs);
          continue;
        }
        const outcome = outcomeOf(task, what, nowMs);
        seen.add(outcome.kind).add(checked(task, what, nowMs, outcome)?.status ?? "unknown");
        task = after(task, outcome);
      }
    }),
    { numRuns: 5000 },
  );
  // The promises were tried on every kind of task and of outcome.
  expect([...seen].sort()).toEqual(
    [...STATUSES, "unknown", "changed", "unchanged", "refused", "forgotten", "nothing_due"].sort(),
  );
});

/** The task after an outcome, once everything that was promised about it is checked. */
function checked(
  before: Task | null,
  what: Exclude<Step["what"], { type: "delivery" }>,
  nowMs: number,
  outcome: AnyOutcome,
): Task | null {
  const now = after(before, outcome);
  if (outcome.kind !== "changed" && outcome.kind !== "forgotten") {
    assert.strictEqual(now, before, "what is not changed is the same task");
  }
  if (outcome.kind === "changed") {
    assert.equal(
      outcome.task.revision,
      (before?.revision ?? nowMs) + 1,
      "a change is one revision",
    );
    if (before !== null && "endedAtMs" in before) checkAfterEnd(before, outcome.task);
    assert.ok(outcome.task.attempt >= (before?.attempt ?? 0), "attempts only grow");
  }
  if (outcome.kind === "forgotten") {
    assert.ok(before === null || "endedAtMs" in before, "only what has ended is forgotten");
  }
  if (now !== null) {
    const cancellation = cancellationOf(now);
    if (now.status === "cancelled") assert.equal(cancellation?.cause, "request");
    if (now.status === "timed_out") assert.equal(cancellation?.cause, "timeout");
    if (now.status === "cancelling") assert.ok(cancellation, "cancelling needs a cancellation");
    const first = before && cancellationOf(before);
    if (first) {
      assert.equal(cancellation?.cause, first.cause);
      assert.equal(cancellation.reason, first.reason);
      assert.equal(cancellation.requestedBy, first.requestedBy);
      assert.equal(cancellation.requestedAtMs, first.requestedAtMs);
      assert.equal(cancellation.deliveredAtMs, first.deliveredAtMs);
      const { gracePeriodSeconds: grace, acknowledgedAtMs } = first;
      assert.ok((cancellation.gracePeriodSeconds ?? 0) <= (grace ?? 0), "no longer grace period");
      const ends = [cancellation, first].map(graceEndsAtMs);
      assert.ok((ends[0] ?? 0) <= (ends[1] ?? 0), "no later end of grace");
      if (acknowledgedAtMs !== null) assert.equal(cancellation.acknowledgedAtMs, acknowledgedAtMs);
    }
    checkAttempts(now);
  }
  if (what.type === "finish" && before !== null && what.attempt !== before.attempt) {
    assert.equal(outcome.kind, "refused", "only the attempt that runs may finish");
  }
  if (what.type === "timer") {
    const isDue = before !== null && nowMs >= dueAtMs(before);
    assert.equal(outcome.kind !== "nothing_due", isDue, "a timer acts when it is due, never early");
  }
  return now;
}

/** What may still come of an end. */
function checkAfterEnd(before: EndedTask, now: Task): void {
  if (before.status === "failed") {
    assert.equal(before.cancellation, null, "a cancel beats every retry");
    if (now.status !== "running") assert.ok(cancellationOf(now), "it runs again, or never will");
    else assert.equal(now.attempt, before.attempt + 1);
    return;
  }
  assert.notEqual(before.status, "succeeded", "succeeded is succeeded");
  assert.equal(now.status, before.status, "ended is ended");
  assert.equal(now.endedAtMs, before.endedAtMs);
  assert.equal(cancellationOf(before)?.acknowledgedAtMs, null, "a worker stops once");
  assert.notEqual(cancellationOf(now)?.acknowledgedAtMs, null);
}

function checkAttempts(task: Task): void {
  const { attempts, attempt, status } = task;
  const numbers = attempts.map((each) => each.attempt);
  const kept = Math.min(attempt, 20);
  assert.deepEqual(
    numbers,
    Array.from({ length: kept }, (_, index) => attempt - kept + 1 + index),
  );
  for (const earlier of attempts.slice(0, -1))
    assert.ok(earlier.outcome === "fenced" || earlier.outcome === "failed");
  const last = attempts.at(-1);
  assert.equal(last?.outcome == null, last?.endedAtMs == null);
  if (status === "running" || status === "cancelling") assert.equal(last?.outcome, null);
  if (status === "succeeded" || status === "failed") assert.equal(last?.outcome, status);
}

function after(before: Task | null, outcome: AnyOutcome): Task | null {
  switch (outcome.kind) {
    case "changed":
    case "unchanged":
    case "refused":
      return outcome.task;
    case "forgotten":
      return null;
    case "nothing_due":
      return before;
  }
}

function delivered(task: Task, nowMs: number): Task {
  const noted = withDelivery(task, nowMs);
  assert.equal(noted.revision, task.revision);
  assert.equal(noted.status, task.status);
  const first = cancellationOf(task)?.deliveredAtMs ?? null;
  if (task.status !== "cancelling") assert.equal(nextTimerAtMs(noted), nextTimerAtMs(task));
  if (first !== null) assert.strictEqual(noted, task, "the first delivery is the one that counts");
  return noted;
}

function momentOf(when: Step["when"], task: Task | null, nowMs: number): number {
  if (when.type === "jump") return nowMs + when.ms;
  const dueAt = task && nextTimerAtMs(task);
  return dueAt === null ? nowMs : dueAt + when.offsetMs;
}

/** When the task's timer is due, said once more in other words than the code's. */
function dueAtMs(task: Task): number {
  if ("endedAtMs" in task) return task.endedAtMs + task.retentionSeconds * 1000;
  if (task.status === "cancelling") {
    const { graceFromMs, requestedAtMs, gracePeriodSeconds } = task.cancellation;
    return (graceFromMs ?? requestedAtMs) + (gracePeriodSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  }
  if (task.status === "pending" || task.timeoutSeconds === null) return Number.POSITIVE_INFINITY;
  return task.startedAtMs + task.timeoutSeconds * 1000;
}
