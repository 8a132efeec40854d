import assert from "node:assert/strict";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { withDelivery } from "../../src/tasks/cancellation.ts";
import { cancellationOf, type Task } from "../../src/tasks/task.ts";
import { nextTimerAtMs } from "../../src/tasks/timers.ts";
import { type AnyOutcome, AT, arbitraryStep, outcomeOf, STATUSES, type Step } from "./harness.ts";
import { brokenBy, dueAtMs } from "./promises.ts";

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
  if (outcome.kind === "changed" || outcome.kind === "forgotten") {
    assert.deepEqual(brokenBy({ cause: what.type, before, after: now, nowMs }), []);
    const first = before && cancellationOf(before);
    if (now && first) assert.equal(cancellationOf(now)?.deliveredAtMs, first.deliveredAtMs);
  } else {
    assert.strictEqual(now, before, "what is not changed is the same task");
  }
  if (what.type === "finish" && before !== null && what.attempt !== before.attempt) {
    assert.equal(outcome.kind, "refused", "only the attempt that runs may finish");
  }
  if (what.type === "timer") {
    const isDue = before !== null && nowMs >= dueAtMs(before);
    assert.equal(outcome.kind !== "nothing_due", isDue, "a timer that is due acts");
  }
  return now;
}

function after(before: Task | null, outcome: AnyOutcome): Task | null {
  switch (outcome.kind) {
    case "changed":
    case "unchanged":
    case "noted":
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
  const change = { cause: "delivery", before: task, after: noted, nowMs };
  if (noted !== task) assert.deepEqual(brokenBy(change), []);
  return noted;
}

function momentOf(when: Step["when"], task: Task | null, nowMs: number): number {
  if (when.type === "jump") return nowMs + when.ms;
  const dueAt = task && nextTimerAtMs(task);
  return dueAt === null ? nowMs : dueAt + when.offsetMs;
}
