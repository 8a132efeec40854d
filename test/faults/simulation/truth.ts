import { cancellationOf, isEnded, type Task } from "../../../src/tasks/task.ts";
import { toTaskState } from "../../../src/tasks/task-state.ts";
import type { Cancellation, TaskState } from "../../../worker-client/protocol.ts";
import { brokenBy, dueAtMs, nameOf } from "../../tasks/promises.ts";
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

/** Checks a change of the task that is on disk by now, and what it means to whoever listens. */
export function checkChange(world: World, before: Task | null, { task, why, wallMs }: Write): void {
  const after = task;
  if (after === undefined) return;
  const { truth, service } = world;
  world.trace.note("service", `${why}: ${nameOf(before)} → ${nameOf(after)}`);
  const isSign = isSignOfLife(before, after);
  const cause = isSign ? "sign of life" : why === "watch" ? "delivery" : why;
  const change = { cause, before, after, nowMs: wallMs };
  for (const { invariant, detail } of brokenBy(change)) world.violate(invariant, detail);
  if (after === null) {
    truth.timesForgotten++;
    if (before !== null) world.expectToBeLearntBy([...world.listeners], true);
    return;
  }
  const state = toTaskState(service.id, after, 0);
  truth.store(state);
  if (why === "watch" || isSign) return;
  world.coverage.count(`outcome: ${before?.attempts.length ? outcomeIn(before, after) : "none"}`);
  if (before !== null && isEnded(before)) world.coverage.count(`after an end: ${after.status}`);
  truth.highestAttempt = Math.max(truth.highestAttempt, after.attempt);
  const { cancellation } = state;
  if (cancellation !== null && (before === null || cancellationOf(before) === null)) {
    truth.cancellations.push(cancellation);
    world.coverage.count(`on record: ${cancellation.cause}`);
    if (cancellation.cause === "request" && truth.cancelsSent === 0) {
      world.violate("I4", "the service has a cancellation that nobody asked for");
    }
    if (world.isCalm) world.coverage.count("cancelled when all was calm");
  }
  world.expectToBeLearntBy([...world.listeners], true);
}

/** How the attempt that ran before a change has ended by it. */
function outcomeIn(before: Task, after: Task): string {
  const known = before.attempts.at(-1);
  if (known?.outcome !== null) return "none";
  return after.attempts.find(({ attempt }) => attempt === known.attempt)?.outcome ?? "none";
}

/** Whether nothing is written but when a worker was heard, and how far it is. */
function isSignOfLife(before: Task | null, after: Task | null): boolean {
  if (before === null || after === null || before.revision !== after.revision) return false;
  const delivered = (task: Task) => cancellationOf(task)?.deliveredAtMs;
  return delivered(before) === delivered(after);
}

/** A timer may be this late: an alarm that fails rings again. */
const LATE_MS = 10_000;
const WRITTEN_WITHIN_MS = 1000;

/** What was due has been done. */
export function checkTimer(world: World): void {
  const { task, wallMs, alarmAtMs } = world.service;
  if (task?.status === "running" && task.leaseSeconds !== null) {
    const atMostMs = Math.max(task.leaseSeconds, Math.min(900, 5 * task.leaseSeconds)) * 1000;
    if (alarmAtMs !== null && alarmAtMs <= wallMs + atMostMs + LATE_MS) return;
    world.violate("lease", `nobody will look after ${nameOf(task)}: the alarm is ${alarmAtMs}`);
  } else if (task !== null && wallMs > dueAtMs(task) + LATE_MS) {
    world.violate("I7", `${nameOf(task)} was due ${wallMs - dueAtMs(task)} ms ago`);
  }
}

/** An open line of a worker, and when it was last heard over it. */
export interface OpenRun {
  readonly attempt: number;
  readonly holder: string;
  readonly heardAtMs: number;
}

/**
 * A run whose worker is not heard any more is lost in time, counted from when the service was able to
 * notice it, and no other one is.
 */
export function checkLease(world: World, task: Task | null, lines: readonly OpenRun[]): void {
  const { wallMs, noticesSinceMs, task: now } = world.service;
  if (task?.status !== "running" || task.leaseSeconds === null) return;
  const { leaseSeconds, attempt, attempts } = task;
  const own = lines.filter(
    (line) => line.attempt === attempt && line.holder === attempts.at(-1)?.holder,
  );
  const heardAtMs = Math.max(task.heardAtMs, ...own.map((line) => line.heardAtMs));
  const leases = own.length > 0 || task.hadLine ? 5 : 1;
  const lostAtMs = heardAtMs + leases * leaseSeconds * 1000;
  if (wallMs > Math.max(lostAtMs, noticesSinceMs) + LATE_MS) {
    world.violate("lease", `${nameOf(task)} was lost at ${lostAtMs}, and it is ${wallMs}`);
  }
  const isLost = now !== null && outcomeIn(task, now) === "lost";
  // What is heard while the loss is being written comes too late.
  if (!isLost || own.length === 0 || heardAtMs > wallMs - WRITTEN_WITHIN_MS) return;
  if (wallMs < lostAtMs) world.violate("lease", `${nameOf(task)} is lost before ${lostAtMs}`);
}
