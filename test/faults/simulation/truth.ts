import { cancellationOf, type EndedTask, isEnded, type Task } from "../../../src/tasks/task.ts";
import { toTaskState } from "../../../src/tasks/task-state.ts";
import type { Cancellation, TaskState } from "../../../worker-client/protocol.ts";
import type { Write } from "./disk.ts";
import type { World } from "./world.ts";

/** What has really happened at the service, for whoever checks what the client believes. */
export class Truth {
  /** Every cancellation that was ever put on record. */
  readonly cancellations: Cancellation[] = [];
  /** How often a client has sent a cancel. */
  cancelsSent = 0;
  highestAttempt = 0;
  timesForgotten = 0;
  /** Reports that ended the task. */
  readonly #reported = new Set<string>();
  /** Which machine was granted which attempt of which life of the task. */
  readonly #granted = new Set<string>();
  /** Every state that was ever on disk. */
  readonly #stored = new Set<string>();

  store(task: TaskState): void {
    this.#stored.add(fingerprint(task));
  }

  wasStored(task: TaskState): boolean {
    return this.#stored.has(fingerprint(task));
  }

  /** False: the attempt is another machine's already. */
  grant(machine: string, task: TaskState): boolean {
    const attempt = `${task.createdAt} ${task.attempt} `;
    this.#granted.add(attempt + machine);
    return [...this.#granted].filter((granted) => granted.startsWith(attempt)).length === 1;
  }

  wasGranted(machine: string, task: TaskState): boolean {
    return this.#granted.has(`${task.createdAt} ${task.attempt} ${machine}`);
  }

  /** Whether the machine was granted an earlier attempt of this life of the task. */
  wasGrantedEarlier(machine: string, task: TaskState): boolean {
    for (let attempt = 1; attempt < task.attempt; attempt++) {
      if (this.wasGranted(machine, { ...task, attempt })) return true;
    }
    return false;
  }

  report(attempt: number, status: string): void {
    this.#reported.add(`${attempt} ${status}`);
  }

  wasReported(attempt: number, status: string): boolean {
    return this.#reported.has(`${attempt} ${status}`);
  }

  /** Whether somebody has cancelled, with this very receipt. */
  hasCancellation({ requestedAt, cause, reason }: Cancellation): boolean {
    return this.cancellations.some(
      (real) => real.requestedAt === requestedAt && real.cause === cause && real.reason === reason,
    );
  }
}

function fingerprint({ createdAt, revision, status, attempt }: TaskState): string {
  return `${createdAt} ${revision} ${status} ${attempt}`;
}

/** What is promised of every change of the task, said once more in other words than the service's. */
export function checkChange(world: World, before: Task | null, { task, why, wallMs }: Write): void {
  const after = task;
  if (after === undefined) return;
  const { truth, service } = world;
  world.trace.note("service", `${why}: ${nameOf(before)} → ${nameOf(after)}`);
  if (why === "timer" && before !== null && wallMs < dueAtMs(before)) {
    world.violate("I7", `a timer made ${nameOf(after)} of ${nameOf(before)} before it was due`);
  }
  if (after === null) {
    truth.timesForgotten++;
    if (before === null) return;
    if (!isEnded(before)) world.violate("I6", "a live task was forgotten");
    world.expectToBeLearntBy([...world.listeners], true);
    return;
  }
  truth.store(toTaskState(service.id, after, 0));
  if (why === "watch") {
    checkDelivery(world, before, after);
    return;
  }
  if (before !== null && isEnded(before)) {
    world.coverage.count(`after an end: ${after.status}`);
    if (!mayStillBecome(before, after)) {
      world.violate("I6", `${nameOf(before)} became ${nameOf(after)}`);
    }
  }
  if (after.revision !== (before?.revision ?? after.createdAtMs) + 1)
    world.violate("I6", "a change is a revision");
  truth.highestAttempt = Math.max(truth.highestAttempt, after.attempt);
  const cancellation = cancellationOf(after);
  const { cancellation: receipt } = toTaskState(service.id, after, 0);
  if (before !== null && cancellationOf(before) !== null) {
    if (receipt === null) world.violate("I1", `${nameOf(after)} has lost its cancellation`);
  } else if (cancellation !== null && receipt !== null) {
    truth.cancellations.push(receipt);
    world.coverage.count(`on record: ${cancellation.cause}`);
    if (cancellation.cause === "request" && truth.cancelsSent === 0) {
      world.violate("I4", "the service has a cancellation that nobody asked for");
    }
    if (world.isCalm) world.coverage.count("cancelled when all was calm");
  }
  world.expectToBeLearntBy([...world.listeners], true);
}

/**
 * What can still come of an end: a worker that the service had given up says how it ended, and a task
 * that failed runs again, or is cancelled so that it does not.
 */
function mayStillBecome(before: EndedTask, after: Task): boolean {
  switch (before.status) {
    case "failed": {
      const isRunAgain = after.status === "running" && after.attempt === before.attempt + 1;
      return before.cancellation === null && (isRunAgain || after.status === "failed");
    }
    case "succeeded":
      return false;
    case "cancelled":
    case "timed_out":
      return (
        after.status === before.status &&
        after.endedAtMs === before.endedAtMs &&
        before.cancellation.acknowledgedAtMs === null
      );
  }
}

/** A watch changes nothing of a task but the note that the cancel was delivered. */
function checkDelivery(world: World, before: Task | null, after: Task): void {
  const isSame = before !== null && nameOf(before) === nameOf(after);
  if (isSame && cancellationOf(after)?.deliveredAtMs !== null) return;
  world.violate("I6", `a watch made ${nameOf(after)} of ${nameOf(before)}`);
}

/** A timer may be this late: an alarm that fails rings again. */
const LATE_MS = 10_000;

/** What was due has been done. */
export function checkTimer(world: World): void {
  const { task, wallMs } = world.service;
  if (task === null || wallMs <= dueAtMs(task) + LATE_MS) return;
  world.violate("I7", `${nameOf(task)} was due ${wallMs - dueAtMs(task)} ms ago`);
}

function nameOf(task: Task | null): string {
  return task === null ? "unknown" : `${task.status} r${task.revision} a${task.attempt}`;
}

/** When the task's timer is due, in other words than the service's; never: infinity. */
function dueAtMs(task: Task): number {
  if ("endedAtMs" in task) return task.endedAtMs + task.retentionSeconds * 1000;
  if (task.status === "cancelling") {
    const { graceFromMs, requestedAtMs, gracePeriodSeconds } = task.cancellation;
    return (graceFromMs ?? requestedAtMs) + (gracePeriodSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  }
  if (task.status === "pending" || task.timeoutSeconds === null) return Number.POSITIVE_INFINITY;
  return task.startedAtMs + task.timeoutSeconds * 1000;
}
