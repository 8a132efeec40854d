import type { TaskSummary } from "../../worker-client/protocol-directory.ts";
import { DIRECTORY_SHARD_NAMES, directoryShardOf } from "../durable/shards.ts";
import type { Env } from "../env.ts";
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

/** The objects that a list is made from. */
export interface DirectoryPort {
  now(): number;
  scan(shard: string, scan: Scan): Promise<Scanned>;
  /** How a task is now; null: it is not known. */
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

/** A part of the list, newest task first. */
export interface Page {
  readonly tasks: readonly TaskSummary[];
  /** Where the next page begins; null: this is the last one. */
  readonly to: Position | null;
  /** Each task was like this then, or later. */
  readonly asOfMs: number;
}

/**
 * A page of the list, from all objects of the directory. What they know is a hint: a task that may
 * have changed is asked, and they are told what it said.
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
  /** Null: it is not known any more. */
  readonly task: ListedTask | null;
  /** Null: it was not asked, or has not answered. */
  readonly asked: AskedTask | null;
}

/** A task that does not answer is shown as it was when it was last heard of. */
async function ask(port: DirectoryPort, task: ListedTask): Promise<ReadTask> {
  const { createdAtMs, id, summary } = task;
  const listed: HintedTask = { createdAtMs, id, revision: summary.revision };
  try {
    const hint = await port.ask(id);
    const asked = { listed, hint };
    // What has the same id and a later beginning is another task, with a place of its own.
    if (hint === null || hint.createdAtMs !== createdAtMs) return { task: null, asked };
    const { dueAtMs, summary: said } = hint;
    return { task: { ...task, dueAtMs, heardAtMs: port.now(), summary: said }, asked };
  } catch {
    return { task, asked: null };
  }
}

/** Tells each object of the directory what its tasks said, and returns what each has taken. */
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
