import type { TaskState } from "../../../worker-client/index.ts";
import type { QueueRun, QueueWorld } from "./queue-world.ts";

/** How the lives of a queue differ: only in a storm does anything go wrong. */
export const KINDS = ["storm", "storm", "storm", "order", "at once", "limits"] as const;
export type Kind = (typeof KINDS)[number];

/** Round trips. */
const AT_ONCE_MS = 3000;

/** What was asked of a queue and is known of its tasks, and the check of what came of it. */
export class QueueFacts {
  readonly world: QueueWorld;
  readonly kind: Kind;
  readonly maxRunning: number | null;
  readonly ids: string[] = [];
  readonly priorities = new Map<string, number>();
  /** Since when a task can be claimed. */
  readonly sinceMs = new Map<string, number>();
  /** Whose cancel was sent, and what the task was when it was answered. */
  readonly cancelled = new Map<string, TaskState | null>();
  isPaused = false;
  pausedAtMs = 0;

  constructor(world: QueueWorld, kind: Kind, maxRunning: number | null) {
    this.world = world;
    this.kind = kind;
    this.maxRunning = maxRunning;
  }

  checkBegin({ id, attempt }: QueueRun): void {
    const { world } = this;
    const cancelled = this.cancelled.get(id);
    if (cancelled && cancelled.attempt < attempt) {
      world.violate(
        "I1",
        `${id} was cancelled as attempt ${cancelled.attempt}, and ${attempt} begins`,
      );
    }
    if (this.kind === "storm") return;
    if (attempt > 1) world.violate("no task lost", `${id} begins again, and nothing went wrong`);
    const limit = this.maxRunning ?? Number.POSITIVE_INFINITY;
    const { length } = world.running;
    if (length > limit) world.violate("order", `${length} run where ${limit} may`);
    if (this.isPaused && world.nowMs > this.pausedAtMs + AT_ONCE_MS) {
      world.violate("order", `${id} begins, and the queue is paused`);
    }
    const enqueuedAtMs = this.sinceMs.get(id) ?? world.nowMs;
    if (this.kind === "at once" && world.nowMs > enqueuedAtMs + AT_ONCE_MS) {
      world.violate(
        "order",
        `${id} waited ${world.nowMs - enqueuedAtMs} ms, and workers waited, too`,
      );
    }
    if (this.kind === "order") this.#checkOrder(id);
  }

  /** Whatever waited then and has not begun comes later. */
  #checkOrder(id: string): void {
    const begun = new Set(this.world.runs.map((run) => run.id));
    const rank = (one: string) => this.priorities.get(one) ?? 0;
    const since = (one: string) => this.sinceMs.get(one) ?? Number.POSITIVE_INFINITY;
    for (const other of this.ids) {
      if (begun.has(other)) continue;
      const isFirst =
        rank(other) > rank(id) ||
        (rank(other) === rank(id) && since(other) + AT_ONCE_MS < since(id));
      if (isFirst) this.world.violate("order", `${id} begins before ${other}`);
    }
  }

  #stored(id: string): StoredTask | null {
    const host = this.world.platform.find("TaskObject", id);
    const task = host?.storage.peek("task");
    return isStoredTask(task) ? task : null;
  }

  isOver(): boolean {
    return (
      this.ids.every((id) => {
        const task = this.#stored(id);
        return this.sinceMs.has(id) && task !== null && task.endedAtMs !== undefined;
      }) && this.world.running.length === 0
    );
  }

  checkTasks(): void {
    const { world } = this;
    for (const id of this.ids) {
      const task = this.#stored(id);
      if (task?.endedAtMs === undefined) {
        world.violate("no task lost", `${id} is ${task?.status ?? "unknown"}`);
        continue;
      }
      const { status, attempt, attempts, result } = task;
      const own = world.runs.filter((run) => run.id === id);
      if (status === "succeeded") {
        if (result?.attempt !== attempt) {
          world.violate("I5", `${id}: attempt ${attempt} has the result ${JSON.stringify(result)}`);
        }
        if (!own.some((run) => run.attempt === attempt && run.isDone)) {
          world.violate("I5", `${id} has succeeded as attempt ${attempt}, and nobody did the work`);
        }
      }
      if (status === "cancelled" && !this.cancelled.has(id)) {
        world.violate("I4", `${id} is cancelled, and nobody asked for it`);
      }
      if (attempts.some(({ outcome }) => outcome === "fenced")) {
        world.violate("overlap", `an attempt of ${id} was fenced by a claim`);
      }
      if (attempts.slice(0, -1).some(({ outcome }) => outcome === "succeeded")) {
        world.violate("I6", `${id} ran again after it had succeeded`);
      }
    }
  }
}

/** As much of a stored task as is looked at. */
interface StoredTask {
  readonly status: string;
  readonly attempt: number;
  readonly attempts: readonly { readonly outcome: string | null }[];
  readonly endedAtMs?: number;
  readonly result?: { readonly attempt?: number } | null;
}

function isStoredTask(value: unknown): value is StoredTask {
  return typeof value === "object" && value !== null && "attempts" in value;
}
