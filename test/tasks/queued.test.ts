import { describe, expect, it } from "vitest";
import { inQueue, withEffects } from "../../src/tasks/effects.ts";
import type { DeclareEvent, StartEvent } from "../../src/tasks/events.ts";
import { transition } from "../../src/tasks/lifecycle.ts";
import type { Task } from "../../src/tasks/task.ts";
import { nextTimerAtMs } from "../../src/tasks/timers.ts";
import { AT, changed, event } from "./harness.ts";

const ADD = {
  type: "queue.add",
  queue: "gpu",
  attempt: 0,
  priority: 3,
  availableAtMs: null,
} as const;
const LEAVE = { type: "queue.leave", queue: "gpu" } as const;

function queued(fields: Partial<DeclareEvent> = {}): Task {
  const declare = event.declare({ queue: "gpu", priority: 3, ...fields });
  return changed(transition(null, declare, AT.declared));
}

function claim(task: Task | null, fields: Partial<StartEvent> = {}, nowMs: number = AT.started) {
  const start = event.start("worker-1", { leaseSeconds: 60, fromQueue: "gpu", ...fields });
  return transition(task, start, nowMs);
}

const effects = (task: Task) => task.outbox.map(({ effect }) => effect);

describe("a task in a queue", () => {
  it("has three attempts unless it says otherwise, and says nothing when it is declared", () => {
    expect(queued()).toMatchObject({ maxAttempts: 3, queued: { name: "gpu", priority: 3 } });
    expect(queued({ maxAttempts: 1 }).maxAttempts).toBe(1);
    expect(queued().outbox).toEqual([]);
  });

  it("can be started from a time on", () => {
    expect(queued({ delaySeconds: 90 }).availableAtMs).toBe(AT.declared + 90_000);
    expect(queued({ availableAtMs: AT.later }).availableAtMs).toBe(AT.later);
    expect(queued({ availableAtMs: AT.declared - 1 }).availableAtMs).toBeNull();
    const early = claim(queued({ availableAtMs: AT.later }));
    expect(early).toMatchObject({ kind: "refused", refusal: "held" });
    expect(claim(queued({ availableAtMs: AT.later }), {}, AT.later).kind).toBe("changed");
  });

  it("puts itself back when it fails and has attempts left, and leaves when it has ended", () => {
    const running = changed(claim(queued()));
    const failed = changed(
      transition(running, event.finish("failed", { retryAfterSeconds: 5 }), AT.ended),
    );
    expect(effects(failed)).toEqual([{ ...ADD, attempt: 1, availableAtMs: AT.ended + 5000 }]);
    expect(effects(changed(transition(failed, event.cancel(), AT.ended)))).toEqual([LEAVE]);
    expect(effects(changed(transition(running, event.finish("succeeded"), AT.ended)))).toEqual([
      LEAVE,
    ]);
  });

  it("puts itself back when it is released, lost, or tried again after its last failure", () => {
    const running = changed(claim(queued({ maxAttempts: 1 })));
    const release = { type: "release", attempt: 1, holder: "worker-1", delaySeconds: 0 } as const;
    expect(effects(changed(transition(running, release, AT.ended)))).toEqual([
      { ...ADD, attempt: 1 },
    ]);
    const twice = changed(claim(queued()));
    const lost = changed(transition(twice, event.timer, AT.later, 0));
    expect(effects(lost)).toEqual([{ ...ADD, attempt: 1, availableAtMs: AT.later + 30_000 }]);
    const failed = changed(transition(running, event.finish("failed"), AT.ended));
    expect(effects(failed)).toEqual([LEAVE]);
    const again = changed(transition(failed, { type: "retry" }, AT.later));
    expect(again).toMatchObject({ status: "pending", failures: 0, startedAtMs: null });
    expect(effects(again)).toEqual([{ ...ADD, attempt: 1 }]);
  });

  it("reminds its queue after a minute, then after twice as long each time, an hour at most", () => {
    let task = queued();
    const pauses = [60, 120, 240, 480, 960, 1920, 3600, 3600];
    let nowMs: number = AT.declared;
    for (const seconds of pauses) {
      expect(nextTimerAtMs(task)).toBe(nowMs + seconds * 1000);
      nowMs += seconds * 1000;
      const outcome = transition(task, event.timer, nowMs);
      if (outcome.kind !== "noted") throw new Error(`${outcome.kind} is no reminder`);
      expect(effects(outcome.task)).toEqual([ADD]);
      expect(outcome.task.revision).toBe(task.revision);
      task = { ...outcome.task, outbox: [] };
    }
  });

  it("that is delayed reminds its queue a minute after it can be claimed", () => {
    expect(nextTimerAtMs(queued({ delaySeconds: 600 }))).toBe(AT.declared + 660_000);
  });

  it("times out rather than being put back, if both are due", () => {
    const task = queued({ startWithinSeconds: 30 });
    const outcome = transition(task, event.timer, AT.declared + 60_000);
    expect(changed(outcome)).toMatchObject({ status: "timed_out" });
    expect(effects(changed(outcome))).toEqual([LEAVE]);
  });
});

describe("a claim", () => {
  it("starts a task that waits in the queue, and again for the holder that did not hear of it", () => {
    const running = changed(claim(queued()));
    expect(running).toMatchObject({ status: "running", attempt: 1, leaseSeconds: 60 });
    expect(claim(running)).toEqual({ kind: "unchanged", task: running });
  });

  it.each([
    ["runs", () => changed(transition(queued(), event.start("other"), AT.started))],
    ["was cancelled", () => changed(transition(queued(), event.cancel(), AT.started))],
    ["waits in another queue", () => queued({ queue: "cpu" })],
    ["waits in no queue", () => changed(transition(null, event.declare(), AT.declared))],
  ])("is refused where the task %s", (_, make) => {
    expect(claim(make())).toMatchObject({ kind: "refused", refusal: "not_pending" });
  });

  it("is refused where no task is known, and makes none", () => {
    expect(claim(null)).toEqual({ kind: "refused", refusal: "unknown", task: null });
  });
});

describe("what others must learn", () => {
  it("replaces what they had still to learn before", () => {
    const running = changed(claim(queued()));
    const failed = changed(transition(running, event.finish("failed"), AT.ended, 0));
    expect(failed.outbox).toHaveLength(1);
    const cancelled = changed(transition(failed, event.cancel(), AT.ended));
    expect(effects(cancelled)).toEqual([LEAVE]);
    expect(cancelled.outbox[0]?.serial).toBe(cancelled.revision);
  });

  it("keeps an ended task until it is taken", () => {
    const ended = changed(transition(queued(), event.cancel(), AT.ended));
    expect(nextTimerAtMs(ended)).toBeNull();
    const forget = transition(ended, event.forget, AT.later);
    expect(forget).toMatchObject({ kind: "refused", refusal: "unsent" });
    expect(transition({ ...ended, outbox: [] }, event.forget, AT.later).kind).toBe("forgotten");
  });

  it("is nothing for a task without a queue", () => {
    const task = changed(transition(null, event.declare(), AT.declared));
    expect(withEffects(task, inQueue(task))).toBe(task);
    expect(changed(transition(task, event.cancel(), AT.ended)).outbox).toEqual([]);
  });
});

describe("retry", () => {
  it.each(["pending", "running", "cancelling", "succeeded", "cancelled", "timed_out"] as const)(
    "is refused for a task that is %s",
    (status) => {
      const tasks = {
        pending: queued(),
        running: changed(claim(queued())),
        cancelling: changed(transition(changed(claim(queued())), event.cancel(), AT.cancelled)),
        succeeded: changed(
          transition(changed(claim(queued())), event.finish("succeeded"), AT.ended),
        ),
        cancelled: changed(transition(queued(), event.cancel(), AT.cancelled)),
        timed_out: changed(
          transition(queued({ startWithinSeconds: 1 }), event.timer, AT.declared + 1000),
        ),
      };
      const outcome = transition(tasks[status], { type: "retry" }, AT.later);
      expect(outcome).toMatchObject({ kind: "refused", refusal: "not_failed" });
    },
  );

  it("can be repeated, should its answer be lost, and says nothing of a task that was given back", () => {
    const running = changed(claim(queued({ maxAttempts: 1 })));
    const failed = changed(transition(running, event.finish("failed"), AT.ended));
    const again = changed(transition(failed, { type: "retry" }, AT.later));
    expect(transition(again, { type: "retry" }, AT.later)).toEqual({
      kind: "unchanged",
      task: again,
    });
    const release = { type: "release", attempt: 1, holder: "worker-1", delaySeconds: 0 } as const;
    const released = changed(transition(running, release, AT.ended));
    expect(transition(released, { type: "retry" }, AT.later)).toMatchObject({
      kind: "refused",
      refusal: "not_failed",
    });
  });

  it("is refused once somebody has cancelled the failed task: a cancel beats every retry", () => {
    const running = changed(claim(queued({ maxAttempts: 1 })));
    const failed = changed(transition(running, event.finish("failed"), AT.ended));
    const cancelled = changed(transition(failed, event.cancel(), AT.later));
    const outcome = transition(cancelled, { type: "retry" }, AT.later);
    expect(outcome).toMatchObject({ kind: "refused", refusal: "closed" });
  });
});
