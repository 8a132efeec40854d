import { describe, expect, it } from "vitest";
import { transition } from "../../src/tasks/lifecycle.ts";
import type { Task } from "../../src/tasks/task.ts";
import { nextTimerAtMs, type SignsOfLife } from "../../src/tasks/timers.ts";
import { AT, changed, event, taskIn } from "./harness.ts";

const LEASE_SECONDS = 60;
const GRACE_MS = 30_000;
/** When the lease of `leased` ends if nothing is heard. */
const LOST_AT = AT.started + LEASE_SECONDS * 1000;

/** A task that may be tried three times, and runs with a lease since `AT.started`. */
function leased(maxAttempts = 3): Task {
  const pending = changed(transition(null, event.declare({ maxAttempts }), AT.declared));
  const start = event.start("holder-1", { leaseSeconds: LEASE_SECONDS });
  return changed(transition(pending, start, AT.started));
}

function lost(maxAttempts = 3, chance = 0): Task {
  return changed(transition(leased(maxAttempts), event.timer, LOST_AT, chance));
}

const line = (heardAtMs: number): SignsOfLife => ({ heardAtMs, hasLine: true });
const silence = (heardAtMs: number): SignsOfLife => ({ heardAtMs, hasLine: false });

describe("a run with a lease", () => {
  it("is lost when nothing was heard for its lease, not before", () => {
    expect(transition(leased(), event.timer, LOST_AT - 1).kind).toBe("nothing_due");
    expect(lost()).toMatchObject({
      status: "pending",
      failures: 1,
      attempts: [{ outcome: "lost", endedAtMs: LOST_AT, error: { type: "lease-lost" } }],
    });
  });

  it("lives on with each sign of life", () => {
    const signs = silence(AT.started + 50_000);
    expect(nextTimerAtMs(leased(), signs)).toBe(AT.started + 50_000 + 60_000);
    const timer = { ...event.timer, signs };
    expect(transition(leased(), timer, LOST_AT).kind).toBe("nothing_due");
  });

  it.each([
    { leaseSeconds: 10, muteSeconds: 50 },
    { leaseSeconds: 60, muteSeconds: 300 },
    { leaseSeconds: 600, muteSeconds: 900 },
    { leaseSeconds: 3600, muteSeconds: 3600 },
  ])("of $leaseSeconds s may be mute for $muteSeconds s while its line is open", (lease) => {
    const start = event.start("a", { leaseSeconds: lease.leaseSeconds });
    const running = changed(transition(null, start, AT.started));
    expect(nextTimerAtMs(running, line(AT.started))).toBe(AT.started + lease.muteSeconds * 1000);
  });

  it("is handed on a grace period later, after the back-off, to nobody before", () => {
    const task = lost(3, 1);
    const availableAtMs = LOST_AT + GRACE_MS + 10_000;
    expect(task).toMatchObject({ availableAtMs });
    const start = event.start("holder-2", { leaseSeconds: LEASE_SECONDS });
    expect(transition(task, start, availableAtMs - 1)).toMatchObject({ refusal: "held" });
    expect(changed(transition(task, start, availableAtMs))).toMatchObject({
      status: "running",
      attempt: 2,
      availableAtMs: null,
      startedAtMs: AT.started,
    });
  });

  it("has failed when it was the last attempt, and is still kept from others for the grace", () => {
    const task = lost(1);
    expect(task).toMatchObject({ status: "failed", error: { type: "lease-lost" }, failures: 1 });
    const start = event.start("holder-2");
    expect(transition(task, start, LOST_AT + GRACE_MS - 1)).toMatchObject({ refusal: "held" });
    expect(transition(task, start, LOST_AT + GRACE_MS).kind).toBe("changed");
  });

  it("is held against another holder, unless that takes it over", () => {
    const start = event.start("holder-2", { leaseSeconds: LEASE_SECONDS });
    expect(transition(leased(), start, AT.started)).toMatchObject({ refusal: "held" });
    const taken = changed(transition(leased(), { ...start, takeOver: true }, AT.started));
    expect(taken).toMatchObject({ attempt: 2, failures: 0, attempts: [{ outcome: "fenced" }, {}] });
  });

  it("is the same again for its own holder", () => {
    const start = event.start("holder-1", { leaseSeconds: LEASE_SECONDS });
    expect(transition(leased(), start, AT.later)).toEqual({ kind: "unchanged", task: leased() });
  });

  it("that was lost is given to its holder no more, which may be on its way since long ago", () => {
    const start = event.start("holder-1", { leaseSeconds: LEASE_SECONDS });
    expect(transition(lost(), start, AT.later)).toMatchObject({ refusal: "fenced" });
  });

  it("that was lost and has succeeded after all has succeeded, unless it was handed on", () => {
    const late = event.finish("succeeded", { holder: "holder-1", result: 42 });
    expect(changed(transition(lost(), late, AT.later))).toMatchObject({
      status: "succeeded",
      result: 42,
      attempts: [{ outcome: "succeeded" }],
    });
    const handedOn = changed(transition(lost(), event.start("holder-2"), AT.later));
    expect(transition(handedOn, late, AT.later)).toMatchObject({ refusal: "stale_attempt" });
  });

  it("has its deadline all the same, and that counts for the task, not for each attempt", () => {
    const pending = changed(
      transition(null, event.declare({ maxAttempts: 3, timeoutSeconds: 100 }), AT.declared),
    );
    const start = event.start("holder-1", { leaseSeconds: LEASE_SECONDS });
    const running = changed(transition(pending, start, AT.started));
    const waiting = changed(transition(running, event.timer, LOST_AT, 1));
    expect(nextTimerAtMs(waiting)).toBe(AT.started + 100_000);
    expect(changed(transition(waiting, event.timer, AT.started + 100_000))).toMatchObject({
      status: "timed_out",
      cancellation: { cause: "timeout", gracePeriodSeconds: null },
    });
  });
});

describe("a failed attempt", () => {
  const fail = (fields = {}) => event.finish("failed", { error: "out of memory", ...fields });

  it("leaves a task that has attempts left waiting, the longer the more have failed", () => {
    let task = leased(4);
    for (const [index, seconds] of [10, 20, 40].entries()) {
      const attempt = index + 1;
      task = changed(transition(task, fail({ attempt }), AT.later, 1));
      const availableAtMs = AT.later + seconds * 1000;
      expect(task).toMatchObject({ status: "pending", failures: attempt, availableAtMs });
      task = changed(transition(task, event.start(`again-${attempt}`), availableAtMs));
    }
    task = changed(transition(task, fail({ attempt: 4 }), AT.later));
    expect(task).toMatchObject({ status: "failed", failures: 4, error: "out of memory" });
  });

  it("waits for no longer than maxBackoffSeconds, and for a random part of it", () => {
    const declare = event.declare({ maxAttempts: 9, backoffSeconds: 8, maxBackoffSeconds: 5 });
    const pending = changed(transition(null, declare, AT.declared));
    const running = changed(transition(pending, event.start(), AT.started));
    const again = (chance: number) => changed(transition(running, fail(), AT.ended, chance));
    expect(again(1)).toMatchObject({ availableAtMs: AT.ended + 5000 });
    expect(again(0.5)).toMatchObject({ availableAtMs: AT.ended + 2500 });
  });

  it("waits for as long as its worker says, or is the last one if it says so", () => {
    expect(
      changed(transition(leased(), fail({ retryAfterSeconds: 7 }), AT.ended, 0)),
    ).toMatchObject({
      availableAtMs: AT.ended + 7000,
    });
    expect(changed(transition(leased(), fail({ retry: false }), AT.ended))).toMatchObject({
      status: "failed",
      availableAtMs: null,
    });
  });

  it("counts once, however often it is reported", () => {
    const waiting = changed(transition(leased(), fail(), AT.ended));
    expect(transition(waiting, fail(), AT.later)).toEqual({ kind: "unchanged", task: waiting });
  });

  it("of a task that is opened again by another holder is forgiven", () => {
    const failed = changed(transition(leased(1), fail(), AT.ended));
    expect(changed(transition(failed, event.start("b"), AT.later))).toMatchObject({ failures: 0 });
  });
});

describe("release", () => {
  const release = { type: "release", attempt: 1, holder: "holder-1", delaySeconds: 0 } as const;

  it("gives the task back at once, and that is no failure", () => {
    const task = changed(transition(leased(1), release, AT.ended));
    expect(task).toMatchObject({
      status: "pending",
      failures: 0,
      availableAtMs: null,
      attempts: [{ outcome: "released", endedAtMs: AT.ended }],
    });
    expect(changed(transition(task, event.start("b"), AT.ended))).toMatchObject({ attempt: 2 });
  });

  it("may ask for a pause", () => {
    const task = changed(transition(leased(), { ...release, delaySeconds: 5 }, AT.ended));
    expect(task).toMatchObject({ availableAtMs: AT.ended + 5000 });
  });

  it("of a cancelling task says that its worker has stopped", () => {
    const cancelling = changed(transition(leased(), event.cancel(), AT.cancelled));
    const task = changed(transition(cancelling, release, AT.ended));
    expect(task).toMatchObject({
      status: "cancelled",
      cancellation: { acknowledgedAtMs: AT.ended },
    });
    expect(transition(task, release, AT.later)).toEqual({ kind: "unchanged", task });
  });

  it("is repeated without a change, and refused to whoever does not run the task", () => {
    const task = changed(transition(leased(), release, AT.ended));
    expect(transition(task, release, AT.later)).toEqual({ kind: "unchanged", task });
    for (const other of [{ holder: "b" }, { attempt: 2 }]) {
      const outcome = transition(leased(), { ...release, ...other }, AT.ended);
      expect(outcome).toMatchObject({ kind: "refused", refusal: "stale_attempt" });
    }
    expect(transition(taskIn("succeeded"), release, AT.later)).toMatchObject({ refusal: "ended" });
  });
});

describe("heartbeat", () => {
  const heartbeat = { type: "heartbeat", attempt: 1, holder: "holder-1" } as const;

  it("is a sign of life, and no change", () => {
    const outcome = transition(leased(), heartbeat, AT.started + 40_000);
    expect(outcome).toEqual({
      kind: "noted",
      task: { ...leased(), heardAtMs: AT.started + 40_000 },
    });
  });

  it("carries progress that the next attempt is given, and the next heartbeat keeps", () => {
    const said = transition(leased(), { ...heartbeat, progress: "step 7" }, AT.cancelled);
    if (said.kind !== "noted") throw new Error(said.kind);
    const kept = transition(said.task, heartbeat, AT.ended);
    if (kept.kind !== "noted") throw new Error(kept.kind);
    const waiting = changed(transition(kept.task, event.finish("failed"), AT.later, 0));
    expect(changed(transition(waiting, event.start("b"), AT.later))).toMatchObject({
      attempt: 2,
      progress: "step 7",
    });
  });

  it("is refused to a run that does not count", () => {
    for (const task of [lost(), changed(transition(lost(), event.start("b"), AT.later))]) {
      expect(transition(task, heartbeat, AT.later)).toMatchObject({ refusal: "stale_attempt" });
    }
    expect(transition(taskIn("failed"), heartbeat, AT.later)).toMatchObject({ refusal: "ended" });
  });
});

describe("startWithinSeconds", () => {
  it("ends a task that nobody has started, and only that", () => {
    const declare = event.declare({ startWithinSeconds: 20 });
    const pending = changed(transition(null, declare, AT.declared));
    expect(nextTimerAtMs(pending)).toBe(AT.declared + 20_000);
    expect(changed(transition(pending, event.timer, AT.declared + 20_000))).toMatchObject({
      status: "timed_out",
      startedAtMs: null,
      cancellation: {
        cause: "timeout",
        reason: expect.stringContaining("startWithinSeconds (20)"),
      },
    });
    const running = changed(transition(pending, event.start(), AT.started));
    expect(nextTimerAtMs(running)).toBeNull();
  });
});

describe("a cancel that arrives while the task", () => {
  const cancel = event.cancel({ reason: "not needed" });

  it.each([
    ["is declared and not started", () => taskIn("pending")],
    ["backs off", () => changed(transition(leased(), event.finish("failed"), AT.ended, 1))],
    ["is lost and waits to be handed on", () => lost()],
    [
      "was released",
      () =>
        changed(
          transition(
            leased(),
            { type: "release", attempt: 1, holder: "holder-1", delaySeconds: 60 },
            AT.ended,
          ),
        ),
    ],
  ])("%s ends it, and no worker ever starts it", (_, make) => {
    const task = changed(transition(make(), cancel, AT.later));
    expect(task).toMatchObject({ status: "cancelled", availableAtMs: null });
    const start = event.start("late", { takeOver: true });
    expect(transition(task, start, AT.later)).toMatchObject({ refusal: "closed" });
  });

  it("was claimed, and the answer was lost on its way, ends it at the end of the grace", () => {
    const task = changed(transition(leased(), cancel, AT.cancelled));
    expect(task).toMatchObject({ status: "cancelling" });
    const graceEndsAtMs = AT.cancelled + GRACE_MS;
    expect(nextTimerAtMs(task)).toBe(graceEndsAtMs);
    expect(changed(transition(task, event.timer, graceEndsAtMs))).toMatchObject({
      status: "cancelled",
      cancellation: { acknowledgedAtMs: null },
    });
  });

  it("has just been reported as failed ends it: it was pending", () => {
    const failed = changed(transition(leased(), event.finish("failed"), AT.cancelled));
    expect(changed(transition(failed, cancel, AT.cancelled))).toMatchObject({
      status: "cancelled",
    });
  });

  it("is about to be reported as failed lets it fail, and it is not tried again", () => {
    const cancelling = changed(transition(leased(), cancel, AT.cancelled));
    const failed = changed(transition(cancelling, event.finish("failed"), AT.ended));
    expect(failed).toMatchObject({ status: "failed", cancellation: { reason: "not needed" } });
    expect(transition(failed, event.start("b"), AT.later)).toMatchObject({ refusal: "closed" });
  });
});
