import assert from "node:assert/strict";
import * as fc from "fast-check";
import type {
  CancelEvent,
  CommandOutcome,
  DeclareEvent,
  FinishEvent,
  ForgetEvent,
  ForgetOutcome,
  StartEvent,
  TaskCommand,
  TaskEvent,
  TimerEvent,
  TimerOutcome,
} from "../../src/tasks/events.ts";
import { transition } from "../../src/tasks/lifecycle.ts";
import type { StoredAttempt, Task } from "../../src/tasks/task.ts";
import type { EndedStatus, TaskStatus } from "../../worker-client/protocol.ts";

/** The moments of the tasks that `taskIn` makes, in milliseconds since 1970. */
export const AT = {
  declared: Date.UTC(2026, 0, 1, 12, 0, 0),
  started: Date.UTC(2026, 0, 1, 12, 0, 10),
  cancelled: Date.UTC(2026, 0, 1, 12, 0, 20),
  ended: Date.UTC(2026, 0, 1, 12, 0, 25),
  later: Date.UTC(2026, 0, 1, 13, 0, 0),
} as const;

/** Every status that a known task can have. */
export const STATUSES = [
  "pending",
  "running",
  "cancelling",
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
] as const satisfies readonly TaskStatus[];

/** Every status in which a task has ended. */
export const ENDED_STATUSES = [
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
] as const satisfies readonly EndedStatus[];

/** What a task is stored with that has not been tried, and whose declaration says nothing of it. */
export const UNTRIED = {
  startWithinSeconds: null,
  maxAttempts: 1,
  backoffSeconds: 10,
  maxBackoffSeconds: 3600,
  failures: 0,
  availableAtMs: null,
  progress: null,
  queued: null,
  ancestors: [],
  staysOn: null,
  hasChildren: false,
  supersedes: false,
  traceparent: null,
  hasInput: false,
  outbox: [],
} as const;

/** Events with everything left out that a client may leave out, unless a test says otherwise. */
export const event = {
  declare: (fields: Partial<DeclareEvent> = {}): DeclareEvent => ({
    type: "declare",
    timeoutSeconds: null,
    gracePeriodSeconds: null,
    retentionSeconds: null,
    metadata: {},
    ...fields,
  }),
  start: (holder = "holder-1", fields: Partial<StartEvent> = {}): StartEvent => ({
    type: "start",
    holder,
    ...fields,
  }),
  cancel: (fields: Partial<CancelEvent> = {}): CancelEvent => ({
    type: "cancel",
    reason: null,
    requestedBy: null,
    gracePeriodSeconds: null,
    ...fields,
  }),
  finish: (status: FinishEvent["status"], fields: Partial<FinishEvent> = {}): FinishEvent => ({
    type: "finish",
    attempt: 1,
    holder: null,
    status,
    result: null,
    error: null,
    ...fields,
  }),
  forget: { type: "forget" } satisfies ForgetEvent,
  timer: { type: "timer" } satisfies TimerEvent,
};

/** A task that has come to a status, at the moments of `AT`; it was started once, by `holder-1`. */
export function taskIn(status: TaskStatus): Task {
  switch (status) {
    case "pending":
      return after(
        null,
        event.declare({ timeoutSeconds: 60, metadata: { by: "test" } }),
        "declared",
      );
    case "running":
      return after(taskIn("pending"), event.start(), "started");
    case "cancelling":
      return after(taskIn("running"), event.cancel({ reason: "enough" }), "cancelled");
    case "succeeded":
    case "failed":
      return after(taskIn("running"), event.finish(status), "ended");
    case "cancelled":
      return after(taskIn("cancelling"), event.finish("cancelled"), "ended");
    case "timed_out":
      return after(timedOutRun(), event.finish("cancelled"), "later");
  }
}

/** The first attempt of the tasks that `taskIn` makes, unless a test says otherwise. */
export function attemptOf(holder: string, differences: Partial<StoredAttempt> = {}): StoredAttempt {
  return {
    attempt: 1,
    holder,
    startedAtMs: AT.started,
    endedAtMs: null,
    outcome: null,
    error: null,
    ...differences,
  };
}

function timedOutRun(): Task {
  return changed(transition(taskIn("running"), event.timer, AT.started + 60_000));
}

function after(task: Task | null, command: TaskCommand, moment: keyof typeof AT): Task {
  return changed(transition(task, command, AT[moment]));
}

export type AnyOutcome = CommandOutcome | ForgetOutcome | TimerOutcome;

/** What comes of any event; `transition` itself takes one kind of event at a time. */
export function outcomeOf(task: Task | null, event: TaskEvent, nowMs: number): AnyOutcome {
  switch (event.type) {
    case "forget":
      return transition(task, event, nowMs);
    case "timer":
      return transition(task, event, nowMs);
    default:
      return transition(task, event, nowMs);
  }
}

/** The task that came of an event, which must have changed it. */
export function changed(outcome: CommandOutcome | TimerOutcome): Task {
  assert.equal(outcome.kind, "changed");
  return outcome.task;
}

/** What happens next, and when: some time after (or before) the last step, or around a due timer. */
export interface Step {
  readonly what: TaskEvent | { readonly type: "delivery" };
  readonly when:
    | { readonly type: "jump"; readonly ms: number }
    | { readonly type: "due"; readonly offsetMs: number };
}

/** Small ranges, so that attempts, holders and clocks meet often. */
const seconds = fc.option(fc.nat({ max: 60 }));
const report = fc.constantFrom("succeeded", "failed", "cancelled");

const what: fc.Arbitrary<Step["what"]> = fc.oneof(
  fc
    .record({ timeoutSeconds: seconds, gracePeriodSeconds: seconds, retentionSeconds: seconds })
    .map(event.declare),
  fc.constantFrom("a", "b", "c").map((holder) => event.start(holder)),
  fc
    .record({
      reason: fc.option(fc.constantFrom("first", "second")),
      requestedBy: fc.option(fc.constantFrom("x", "y")),
      gracePeriodSeconds: seconds,
    })
    .map(event.cancel),
  { arbitrary: fc.tuple(report, fc.nat({ max: 4 })).map(toFinish), weight: 2 },
  fc.constant(event.forget),
  { arbitrary: fc.constant(event.timer), weight: 4 },
  fc.constant({ type: "delivery" } as const),
);

const when: fc.Arbitrary<Step["when"]> = fc.oneof(
  fc.record({ type: fc.constant("jump"), ms: fc.integer({ min: -90_000, max: 90_000 }) }),
  fc.record({ type: fc.constant("due"), offsetMs: fc.integer({ min: -1, max: 1 }) }),
);

export const arbitraryStep: fc.Arbitrary<Step> = fc.record({ what, when });

function toFinish([status, attempt]: ["succeeded" | "failed" | "cancelled", number]) {
  return event.finish(status, { attempt });
}
