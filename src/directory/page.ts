import type { TaskSummary } from "../../worker-client/protocol-directory.ts";
import { DIRECTORY_SHARD_NAMES, directoryShardOf } from "../durable/shards.ts";
import type { Env } from "../env.ts";
import { logLine } from "../log-line.ts";
import type { HintedTask, TaskHint } from "../tasks/task-hint.ts";
import type { AskedTask } from "./directory-stub.ts";
import {
  isCovered,
  isStale,
  type ListedTask,
  mergeScans,
  type Position,
  passes,
  type Scan,
  type Scanned,
} from "./query.ts";

/** The objects that a list is read from. */
interface DirectoryPort {
  now(): number;
  scan(shard: string, scan: Scan): Promise<Scanned>;
  /** Reads a task's current state. Returns null if the task is gone. */
  ask(id: string): Promise<TaskHint | null>;
  repair(shard: string, asked: readonly AskedTask[]): Promise<void>;
}

/** The objects of the deployed directory. */
export function directoryPort({ DIRECTORY_SHARDS, TASKS }: Env): DirectoryPort {
  return {
    now: () => Date.now(),
    scan: (shard, scan) => DIRECTORY_SHARDS.getByName(shard).scan(scan),
    ask: (id) => TASKS.getByName(id).hint(),
    repair: (shard, asked) => DIRECTORY_SHARDS.getByName(shard).repair(asked),
  };
}

/** One page of the list, newest task first. */
export interface Page {
  readonly tasks: readonly TaskSummary[];
  /** The position after which the next page begins, or null if this is the last one. */
  readonly to: Position | null;
  /** The time at or after which each task was in the state shown. */
  readonly asOfMs: number;
}

/**
 * Reads a page of the list from all directory objects. Their rows are hints: a task that may have
 * changed is asked, and its answer is stored with them.
 */
export async function readPage(port: DirectoryPort, scan: Scan): Promise<Page> {
  const nowMs = port.now();
  const scans = DIRECTORY_SHARD_NAMES.map((shard) => port.scan(shard, scan));
  const { tasks, to } = mergeScans(await Promise.all(scans), scan.limit);
  const read = await Promise.all(
    tasks.map((task) => (isStale(task, nowMs) ? ask(port, task) : { task, asked: null })),
  );
  const asked = read.flatMap((task) => task.asked ?? []);
  await Promise.all(tellDirectory(port, asked));
  const shown = read
    .flatMap(({ task }) => task ?? [])
    .filter(({ summary }) => {
      return passes(summary, scan.filter) && isCovered(summary, scan.covered);
    });
  const alive = shown.filter(({ summary }) => summary.endedAt === null);
  return {
    tasks: shown.map(({ summary }) => summary),
    to,
    asOfMs: Math.min(nowMs, ...alive.map(({ heardAtMs }) => heardAtMs)),
  };
}

interface ReadTask {
  /** Null if the task is gone. */
  readonly task: ListedTask | null;
  /** Null if the task was not asked or did not answer. */
  readonly asked: AskedTask | null;
}

/** Asks a task for its state. One that does not answer is shown as it was last known. */
async function ask(port: DirectoryPort, task: ListedTask): Promise<ReadTask> {
  const { createdAtMs, id, summary } = task;
  const listed: HintedTask = { createdAtMs, id, revision: summary.revision };
  try {
    const hint = await port.ask(id);
    const asked = { listed, hint };
    // The same id with another creation time is another task, with a position of its own.
    if (hint === null || hint.createdAtMs !== createdAtMs) return { task: null, asked };
    const { dueAtMs, summary: said } = hint;
    return { task: { ...task, dueAtMs, heardAtMs: port.now(), summary: said }, asked };
  } catch (error) {
    console.error(logLine("check_failed", { taskId: id, error: String(error) }));
    return { task, asked: null };
  }
}

/**
 * Sends each directory object the answers of its tasks. Each promise resolves to the answers that
 * one object accepted.
 */
export function tellDirectory(
  port: DirectoryPort,
  asked: readonly AskedTask[],
): readonly Promise<readonly AskedTask[]>[] {
  const byShard = Map.groupBy(asked, ({ listed }) => directoryShardOf(listed.id));
  return Array.from(byShard, async ([shard, some]) => {
    await port.repair(shard, some);
    return some;
  });
}
