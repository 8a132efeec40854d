import { DatabaseSync } from "node:sqlite";
import { DirectoryStore, type Sql } from "../../src/directory/directory-store.ts";
import type { Scan, TaskFilter } from "../../src/directory/query.ts";
import type { TaskHint } from "../../src/tasks/task-hint.ts";
import type { TaskSummary } from "../../worker-client/protocol-directory.ts";

/** A database as a Durable Object has it, in memory. */
export function memorySql(): { readonly sql: Sql; readonly database: DatabaseSync } {
  const database = new DatabaseSync(":memory:");
  // Row by row, as on the platform; what a row holds is said by whoever asks.
  const sql: Sql = function* (query, ...values) {
    for (const row of database.prepare(query).iterate(...values)) {
      yield JSON.parse(JSON.stringify(row));
    }
  };
  return { sql, database };
}

export function memoryStore(): DirectoryStore {
  return new DirectoryStore(memorySql().sql, 0);
}

export const NO_FILTER: TaskFilter = {
  statuses: null,
  queue: null,
  parent: null,
  prefix: null,
  createdAfterMs: null,
};

/** A scan of everything. */
export const ALL: Scan = {
  filter: NO_FILTER,
  covered: { tasks: ["*"], queues: [] },
  after: null,
  limit: 50,
};

interface HintedTask extends Partial<Omit<TaskSummary, "createdAt" | "endedAt">> {
  readonly id: string;
  readonly createdAtMs?: number;
  readonly endedAtMs?: number | null;
  readonly dueAtMs?: number | null;
  readonly forgetAtMs?: number | null;
}

/** What the directory is told of a task: by default of a pending one, in no queue. */
export function hint(task: HintedTask): TaskHint {
  const { createdAtMs = 0, endedAtMs = null, dueAtMs = null, forgetAtMs = null, ...rest } = task;
  return {
    createdAtMs,
    dueAtMs,
    forgetAtMs,
    summary: {
      status: "pending",
      revision: 1,
      attempt: 0,
      queue: null,
      parent: null,
      priority: 0,
      createdAt: new Date(createdAtMs).toISOString(),
      startedAt: null,
      deadlineAt: null,
      endedAt: endedAtMs === null ? null : new Date(endedAtMs).toISOString(),
      availableAt: null,
      cancellation: null,
      ...rest,
    },
  };
}
