import type { TaskStatus } from "../../worker-client/protocol.ts";
import type { TaskCount, TaskSummary } from "../../worker-client/protocol-directory.ts";
import { isNamed } from "../name-patterns.ts";

/** Which tasks a list shows. Null: it does not matter. */
export interface TaskFilter {
  readonly statuses: readonly TaskStatus[] | null;
  readonly queue: string | null;
  readonly parent: string | null;
  readonly prefix: string | null;
  readonly createdAfterMs: number | null;
}

export const NO_FILTER: TaskFilter = {
  statuses: null,
  queue: null,
  parent: null,
  prefix: null,
  createdAfterMs: null,
};

/** What a token names: ids, and prefixes that end in `*`. */
export interface Covered {
  readonly tasks: readonly string[];
  readonly queues: readonly string[];
}

/** A place in the list, which is sorted by it, newest first. No two tasks have the same. */
export interface Position {
  readonly createdAtMs: number;
  readonly id: string;
}

/** A part of the list that one object is asked for. */
export interface Scan {
  readonly filter: TaskFilter;
  readonly covered: Covered;
  /** The list begins behind this place; null: with the newest task. */
  readonly after: Position | null;
  /** At most so many tasks. */
  readonly limit: number;
}

/** A task as an object of the directory knows it. */
export interface ListedTask extends Position {
  readonly summary: TaskSummary;
  /** By then it has changed, come what may. */
  readonly dueAtMs: number | null;
  /** When it was last heard of, or asked. */
  readonly heardAtMs: number;
  /** The object has started since. If tasks were cut off with it, something they had to tell is lost. */
  readonly isFromBefore: boolean;
}

/** What an object has found. */
export interface Scanned {
  readonly tasks: readonly ListedTask[];
  /** It has looked up to here, this place included; null: up to its end. */
  readonly to: Position | null;
}

/** Whether a task passes a filter. */
export function passes(
  task: Pick<TaskSummary, "id" | "status" | "queue" | "parent">,
  filter: TaskFilter,
): boolean {
  const { statuses, queue, parent, prefix } = filter;
  return (
    (statuses === null || statuses.includes(task.status)) &&
    (queue === null || task.queue === queue) &&
    (parent === null || task.parent === parent) &&
    (prefix === null || task.id.startsWith(prefix))
  );
}

/** Whether a token names a task: by its id, or by the queue that it is in. */
export function isCovered(
  { id, queue }: Pick<TaskSummary, "id" | "queue">,
  { tasks, queues }: Covered,
): boolean {
  return isNamed(id, tasks) || (queue !== null && isNamed(queue, queues));
}

const ALIVE_HEARD_WITHIN_MS = 60_000;
const ENDED_HEARD_WITHIN_MS = 86_400_000;
/** An alarm may ring so much late, and what it causes takes a moment to be heard of. */
const LATE_MS = 5000;

/**
 * Whether a task has to be asked again before it is shown: something should have happened to it by
 * now, it was last heard of a while ago, or the service may have been killed since. A hint can be lost
 * on its way.
 */
export function isStale(task: ListedTask, nowMs: number): boolean {
  const { dueAtMs, heardAtMs, isFromBefore, summary } = task;
  if (dueAtMs !== null && dueAtMs + LATE_MS < nowMs) return true;
  if (summary.endedAt !== null) return heardAtMs + ENDED_HEARD_WITHIN_MS < nowMs;
  return isFromBefore || heardAtMs + ALIVE_HEARD_WITHIN_MS < nowMs;
}

/** Whether a place comes before another one in the list. */
export function isBefore(one: Position, other: Position): boolean {
  if (one.createdAtMs !== other.createdAtMs) return one.createdAtMs > other.createdAtMs;
  return one.id > other.id;
}

/**
 * The next tasks of the whole list, from what each object has found behind the same place. Where one
 * of them has not looked yet, the list ends for now.
 */
export function mergeScans(scans: readonly Scanned[], limit: number): Scanned {
  const [seenByAll = null] = scans
    .flatMap(({ to }) => (to === null ? [] : [to]))
    .sort((one, other) => (isBefore(one, other) ? -1 : 1));
  const tasks = scans
    .flatMap((scan) => scan.tasks)
    .filter((task) => seenByAll === null || !isBefore(seenByAll, task))
    .sort((one, other) => (isBefore(one, other) ? -1 : 1));
  const last = tasks[limit - 1];
  if (last === undefined || (tasks.length === limit && seenByAll === null)) {
    return { tasks, to: seenByAll };
  }
  const { createdAtMs, id } = last;
  return { tasks: tasks.slice(0, limit), to: { createdAtMs, id } };
}

/** A place as a client is given it, to send it back. */
export function toCursor({ createdAtMs, id }: Position): string {
  return btoa(`${createdAtMs} ${id}`).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const PLACE = /^(\d{1,15}) ([\w.~:+@=,-]{1,128})$/;

/** The place that a cursor stands for; null if it is not one of ours. */
export function fromCursor(cursor: string): Position | null {
  if (!/^[\w-]{1,256}$/.test(cursor)) return null;
  try {
    const [, createdAtMs = "", id = ""] =
      PLACE.exec(atob(cursor.replaceAll("-", "+").replaceAll("_", "/"))) ?? [];
    return id === "" ? null : { createdAtMs: Number(createdAtMs), id };
  } catch {
    return null;
  }
}

/** The counts of all objects together, sorted by queue and status. */
export function sumCounts(counts: readonly TaskCount[]): readonly TaskCount[] {
  const keyOf = ({ queue, status }: TaskCount) => `${queue ?? ""} ${status}`;
  const groups = Map.groupBy(counts, keyOf);
  return Array.from(groups, ([key, [first, ...others]]) => ({ key, first, others }))
    .sort((one, other) => (one.key < other.key ? -1 : 1))
    .flatMap(({ first, others }) => {
      if (first === undefined) return [];
      const tasks = others.reduce((sum, count) => sum + count.tasks, first.tasks);
      return [{ ...first, tasks }];
    });
}
