import type { TaskStatus } from "../../worker-client/protocol.ts";
import type { TaskCount, TaskSummary } from "../../worker-client/protocol-directory.ts";
import { isNamed } from "../name-patterns.ts";

/** Which tasks a list shows. Null matches every task. */
export interface TaskFilter {
  readonly statuses: readonly TaskStatus[] | null;
  readonly queue: string | null;
  readonly parent: string | null;
  readonly prefix: string | null;
  readonly createdAfterMs: number | null;
}

/** What a token names: ids, and prefixes that end in `*`. */
export interface Covered {
  readonly tasks: readonly string[];
  readonly queues: readonly string[];
}

/** A position in the list, which is sorted newest first. Each task has its own. */
export interface Position {
  readonly createdAtMs: number;
  readonly id: string;
}

/** A request for a part of the list, as each directory object gets it. */
export interface Scan {
  readonly filter: TaskFilter;
  readonly covered: Covered;
  /** Starts after this position, or with the newest task if null. */
  readonly after: Position | null;
  /** The maximum number of tasks to return. */
  readonly limit: number;
}

/** A task as a directory object knows it. */
export interface ListedTask extends Position {
  readonly summary: TaskSummary;
  /** When the task changes by itself at the latest, or null if it may never. */
  readonly dueAtMs: number | null;
  /** When its last hint or answer came. */
  readonly heardAtMs: number;
  /**
   * Whether `heardAtMs` is from before the directory object started. If tasks were killed with it,
   * hints may be lost.
   */
  readonly isFromBefore: boolean;
}

/** What a scan has found. */
export interface Scanned {
  readonly tasks: readonly ListedTask[];
  /** The last position that was read, or null if the scan reached the end. */
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

/** Whether a token covers a task: by its id, or by its queue. */
export function isCovered(
  { id, queue }: Pick<TaskSummary, "id" | "queue">,
  { tasks, queues }: Covered,
): boolean {
  return isNamed(id, tasks) || (queue !== null && isNamed(queue, queues));
}

const ALIVE_HEARD_WITHIN_MS = 60_000;
const ENDED_HEARD_WITHIN_MS = 86_400_000;
/** How late a change may be: an alarm can fire late, and a hint takes a moment to arrive. */
const LATE_MS = 5000;

/**
 * Whether a task must be asked again before it is shown: it should have changed by now, it was last
 * heard from a while ago, or the service may have been killed since. Hints can be lost.
 */
export function isStale(task: ListedTask, nowMs: number): boolean {
  const { dueAtMs, heardAtMs, isFromBefore, summary } = task;
  if (dueAtMs !== null && dueAtMs + LATE_MS < nowMs) return true;
  if (summary.endedAt !== null) return heardAtMs + ENDED_HEARD_WITHIN_MS < nowMs;
  return isFromBefore || heardAtMs + ALIVE_HEARD_WITHIN_MS < nowMs;
}

/** The position after every task that was created in a millisecond. */
export function endOf(createdAtMs: number): Position {
  return { createdAtMs, id: "" };
}

/** Whether one position comes before another in the list. */
export function isBefore(one: Position, other: Position): boolean {
  if (one.createdAtMs !== other.createdAtMs) return one.createdAtMs > other.createdAtMs;
  return one.id > other.id;
}

/**
 * Merges what each object found after the same position. The result ends where an object has not
 * read further.
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

/** Encodes a position as a cursor for clients. */
export function toCursor({ createdAtMs, id }: Position): string {
  return btoa(`${createdAtMs} ${id}`).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const POSITION = /^(\d{1,15}) ([\w.~:+@=,-]{0,128})$/;

/** Decodes a cursor. Returns null if it is not one of ours. */
export function fromCursor(cursor: string): Position | null {
  if (!/^[\w-]{1,256}$/.test(cursor)) return null;
  try {
    const [, createdAtMs, id] =
      POSITION.exec(atob(cursor.replaceAll("-", "+").replaceAll("_", "/"))) ?? [];
    if (createdAtMs === undefined || id === undefined) return null;
    return { createdAtMs: Number(createdAtMs), id };
  } catch {
    return null;
  }
}

/** Adds up the counts of all objects, sorted by queue and status. */
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
