import { cancellationOf, isEnded, type Task } from "./task.ts";

/** The watcher's part in the task. */
export type WatchRole =
  /** A worker that does not say which run it is: it is told of a cancel. */
  | { readonly kind: "worker" }
  /** The worker of a run: its watch is a sign of life, too. */
  | { readonly kind: "run"; readonly attempt: number; readonly holder: string }
  /** Somebody who only looks: no cancel is delivered to it. */
  | { readonly kind: "observer" };

/** A stream learns of every change; it stays until the task has ended. */
interface StreamWatch {
  readonly kind: "stream";
  /** Default: a worker. */
  readonly role?: WatchRole;
  /** When the token expires that it was opened with: no watch outlives it. Null: never. */
  readonly expiresAtMs: number | null;
  /** The revision that the caller already has; null: none. */
  readonly revision: number | null;
}

/** A poll is answered once, when what it waits for is so; the Worker closes it when its wait is over. */
export interface PollWatch {
  readonly kind: "poll";
  /** Default: a worker. */
  readonly role?: WatchRole;
  /**
   * `change`: the revision differs. `cancellation`: one is on record.
   * `end`: the task has ended; that is the canceller waiting, who counts as no watcher.
   * `tree`: the same, and all below it has.
   */
  readonly until: "change" | "cancellation" | "end" | "tree";
  /** The revision that the caller already has; null: none. */
  readonly revision: number | null;
}

/** What a watcher waits for. It travels to the task object, and stays attached to the socket. */
export type Watch = StreamWatch | PollWatch;

/** A watch behind a socket, and since when, which an earlier version did not say. */
export type ParkedWatch = Watch & { readonly parkedAtMs?: number };

/** Returns the watcher's part in the task. */
export function roleOf({ role = { kind: "worker" } }: Watch): WatchRole {
  return role;
}

/** Whether a watch is that of the worker that runs the task now. */
export function isOfRun(watch: Watch, task: Task): boolean {
  const role = roleOf(watch);
  return (
    role.kind === "run" &&
    role.attempt === task.attempt &&
    role.holder === task.attempts.at(-1)?.holder
  );
}

/** Whether a canceller waits for the end. */
export function isCanceller(watch: Watch): boolean {
  return watch.kind === "poll" && (watch.until === "end" || watch.until === "tree");
}

/** Whether a cancel that such a watch is told of is delivered. */
export function delivers(watch: Watch, task: Task): boolean {
  if (isCanceller(watch)) return false;
  return roleOf(watch).kind === "worker" || isOfRun(watch, task);
}

/**
 * Whether a watch can be answered at once and for good, so that it needs no socket.
 * An unknown task has revision 0. `livesBelow`: something below the task has not ended.
 */
export function isAnswered(watch: Watch, task: Task | null, livesBelow: boolean): boolean {
  // A watcher with a revision of a task that is no longer known must hear that it is gone.
  if (watch.kind === "stream") return task === null && (watch.revision ?? 0) > 0;
  switch (watch.until) {
    case "change":
      if (watch.revision === null) return task !== null && isOver(task);
      return watch.revision !== (task?.revision ?? 0);
    case "cancellation":
      return task !== null && cancellationOf(task) !== null;
    case "end":
      return task === null || isEnded(task);
    case "tree":
      return task === null || (isEnded(task) && !livesBelow);
  }
}

/** A watch without a revision is answered at once if the task is cancelling or has ended. */
function isOver(task: Task): boolean {
  return task.status === "cancelling" || isEnded(task);
}
