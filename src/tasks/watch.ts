import { cancellationOf, isEnded, type Task } from "./task.ts";

/** The role of a watcher. */
export type WatchRole =
  /** A worker that does not name its run. It is told of a cancel. */
  | { readonly kind: "worker" }
  /** The worker of a run. Its watch is a sign of life, too. */
  | { readonly kind: "run"; readonly attempt: number; readonly holder: string }
  /** An observer. Telling it of a cancel does not count as delivery. */
  | { readonly kind: "observer" };

/** A stream is told of every change until the task has ended. */
interface StreamWatch {
  readonly kind: "stream";
  /** Default: a worker. */
  readonly role?: WatchRole;
  /** When the token of the request expires, which ends the watch. Null: never. */
  readonly expiresAtMs: number | null;
  /** The revision that the caller already has, or null if none. */
  readonly revision: number | null;
}

/** A poll is answered once, when its condition holds. The Worker closes it when its wait is over. */
export interface PollWatch {
  readonly kind: "poll";
  /** Default: a worker. */
  readonly role?: WatchRole;
  /**
   * `change`: the revision differs. `cancellation`: one is on record.
   * `end`: the task has ended; this is a canceller waiting, which does not count as a watcher.
   * `tree`: the same, and all its descendants have ended.
   */
  readonly until: "change" | "cancellation" | "end" | "tree";
  /** The revision that the caller already has, or null if none. */
  readonly revision: number | null;
}

/** What a watcher waits for. Sent to the task object, and stored as the socket's attachment. */
export type Watch = StreamWatch | PollWatch;

/** A watch behind a socket, and since when. Earlier versions did not store the time. */
export type ParkedWatch = Watch & { readonly parkedAtMs?: number };

/** Returns the role of a watcher, by default a worker. */
export function roleOf({ role = { kind: "worker" } }: Watch): WatchRole {
  return role;
}

/** Whether a watch belongs to the worker of the current run. */
export function isOfRun(watch: Watch, task: Task): boolean {
  const role = roleOf(watch);
  return (
    role.kind === "run" &&
    role.attempt === task.attempt &&
    role.holder === task.attempts.at(-1)?.holder
  );
}

/** Whether a watch is a canceller that waits for the end. */
export function isCanceller(watch: Watch): boolean {
  return watch.kind === "poll" && (watch.until === "end" || watch.until === "tree");
}

/** Whether telling this watch of a cancel counts as delivery. */
export function delivers(watch: Watch, task: Task): boolean {
  if (isCanceller(watch)) return false;
  return roleOf(watch).kind === "worker" || isOfRun(watch, task);
}

/**
 * Whether a watch can be answered for good at once, so that it needs no socket. An unknown task has
 * revision 0. `livesBelow`: a descendant of the task has not ended.
 */
export function isAnswered(watch: Watch, task: Task | null, livesBelow: boolean): boolean {
  // A watcher with a revision of a forgotten task must hear that the task is gone.
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
