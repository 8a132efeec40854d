import type { TaskCount } from "../../worker-client/protocol-directory.ts";
import type { HintedTask, TaskHint } from "../tasks/task-hint.ts";
import type { AskedTask, Counted } from "./directory-stub.ts";
import {
  endOf,
  isCovered,
  type ListedTask,
  type Position,
  type Scan,
  type Scanned,
  type TaskFilter,
} from "./query.ts";
import { beyond, conditionsOf, known, type SqlValue, upTo } from "./row-conditions.ts";

/** The part of SQLite that the directory uses. */
export type Sql = <Row extends Readonly<Record<string, SqlValue>>>(
  query: string,
  ...values: readonly SqlValue[]
) => Iterable<Row>;

// SQL rows need an index signature, which an interface lacks. `Pick` makes it a plain type.
type CountRow = Pick<TaskCount, keyof TaskCount>;

type Row = {
  readonly createdAtMs: number;
  readonly id: string;
  readonly revision: number;
  readonly dueAtMs: number | null;
  readonly heardAtMs: number;
  /** As JSON. */
  readonly summary: string;
};

const DAY_MS = 86_400_000;
/** How many rows one scan reads at most, whatever it finds, and then to the end of a millisecond. */
const SCAN_ROWS = 2000;
/** After this many days, a table that a few tasks keep from being dropped is emptied row by row. */
const HELD_BACK_DAYS = 28;
const DELETED_AT_ONCE = 1000;
const MAX_REMEMBERED = 20_000;
/**
 * How long counts are cached. A count reads every row, which is billed. However often somebody asks,
 * eight shards read 21 billion rows a month at most, fewer than the paid plan includes.
 */
const COUNTS_HOLD_MS = 5000;
const COUNTS_HOLD_MS_PER_ROW = 1;

/**
 * A shard of the directory on disk: a row per task, in one table per day of creation. A row's key
 * is its position in the list, so no other index has to be written. A day whose tasks are all
 * forgotten is dropped as a whole, which is not billed per row.
 */
export class DirectoryStore {
  readonly #sql: Sql;
  /** The days that have a table, newest first. */
  readonly #days: number[];
  /** Tasks that were asked and had not changed: their revisions, and when they were asked. */
  readonly #checked = new Map<string, { readonly revision: number; readonly atMs: number }>();
  /** The last revisions of removed rows, by place: hints of these tasks may still be on their way. */
  readonly #removed = new Map<string, number>();

  readonly #startedAtMs: number;
  #counted: Counted | null = null;
  #countAgainAtMs = 0;

  constructor(sql: Sql, nowMs: number) {
    this.#sql = sql;
    this.#startedAtMs = nowMs;
    const tables = sql<{ readonly name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'day_*'",
    );
    this.#days = Array.from(tables, ({ name }) => Number(name.slice("day_".length)));
    this.#days.sort((one, other) => other - one);
  }

  get isEmpty(): boolean {
    return this.#days.length === 0;
  }

  /** Stores a hint, unless the row is as new or newer. */
  note({ createdAtMs, summary, dueAtMs, forgetAtMs }: TaskHint, nowMs: number): void {
    const { id, revision, status, queue } = summary;
    if (revision <= this.#removedRevision({ createdAtMs, id })) return;
    this.#run(
      `INSERT INTO ${this.#tableFor(createdAtMs)} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (createdAtMs, id) DO UPDATE SET
        revision = excluded.revision, status = excluded.status, queue = excluded.queue,
        dueAtMs = excluded.dueAtMs, forgetAtMs = excluded.forgetAtMs,
        heardAtMs = excluded.heardAtMs, summary = excluded.summary
      WHERE excluded.revision > revision`,
      ...[createdAtMs, id, revision, status, queue],
      ...[dueAtMs, forgetAtMs, nowMs, JSON.stringify(summary)],
    );
  }

  /** Removes a task that is gone. A newer row stays. */
  remove({ createdAtMs, id, revision }: HintedTask): void {
    const last = Math.max(revision, this.#removedRevision({ createdAtMs, id }));
    if (this.#removed.size >= MAX_REMEMBERED) this.#removed.clear();
    this.#removed.set(placeKey({ createdAtMs, id }), last);
    const day = dayOf(createdAtMs);
    if (!this.#days.includes(day)) return;
    const where = "createdAtMs = ? AND id = ? AND revision <= ?";
    this.#run(`DELETE FROM ${tableOf(day)} WHERE ${where}`, createdAtMs, id, revision);
  }

  /** Stores the answers of tasks that were asked. An unchanged task is not worth a write. */
  repair(asked: readonly AskedTask[], nowMs: number): void {
    for (const { listed, hint } of asked) {
      if (hint === null || hint.createdAtMs !== listed.createdAtMs) this.remove(listed);
      else if (hint.summary.revision === listed.revision) this.#check(listed, nowMs);
      if (hint !== null && hint.summary.revision !== listed.revision) this.note(hint, nowMs);
    }
  }

  /**
   * Returns the next tasks of the list, and how far it has read: `SCAN_ROWS` rows at most. It reads few
   * of them at first, because each is billed, and most pages are full soon.
   */
  scan(scan: Scan, nowMs: number): Scanned {
    const { after, limit, covered, filter } = scan;
    const tasks: ListedTask[] = [];
    let rowsLeft = SCAN_ROWS;
    let rows = limit;
    for (const day of this.#days) {
      if (after !== null && day > dayOf(after.createdAtMs)) continue;
      if (filter.createdAfterMs !== null && day < dayOf(filter.createdAfterMs)) break;
      for (let from = after; ; ) {
        const end = this.#endAfter(day, from, Math.min(rows, rowsLeft));
        for (const row of this.#select(day, { from, end, filter, nowMs })) {
          const task = this.#listed(row);
          if (!isCovered(task.summary, covered)) continue;
          tasks.push(task);
          const { createdAtMs, id } = task;
          if (tasks.length === limit) return { tasks, to: { createdAtMs, id } };
        }
        if (end === null) {
          rowsLeft -= this.#rowsAfter(day, from);
          break;
        }
        rowsLeft -= rows;
        if (rowsLeft <= 0) return { tasks, to: end };
        rows *= 4;
        from = end;
      }
    }
    return { tasks, to: null };
  }

  /**
   * Counts the tasks by queue and status. This reads every row, so the more rows there are, the
   * longer a count is cached.
   */
  count(nowMs: number): Counted {
    if (this.#counted !== null && nowMs < this.#countAgainAtMs) return this.#counted;
    const counts = this.#days.flatMap((day) => [
      ...this.#sql<CountRow>(
        `SELECT status, queue, count(*) AS tasks FROM ${tableOf(day)}
        WHERE forgetAtMs IS NULL OR forgetAtMs > ? GROUP BY status, queue`,
        nowMs,
      ),
    ]);
    const rows = counts.reduce((sum, { tasks }) => sum + tasks, 0);
    this.#countAgainAtMs = nowMs + Math.max(COUNTS_HOLD_MS, rows * COUNTS_HOLD_MS_PER_ROW);
    this.#counted = { counts, countedAtMs: nowMs };
    return this.#counted;
  }

  /** Drops the days whose tasks are all forgotten, and empties very old ones row by row. */
  sweep(nowMs: number): void {
    const today = dayOf(nowMs);
    for (const day of this.#days.filter((one) => one < today)) {
      const table = tableOf(day);
      const isKnown = "forgetAtMs IS NULL OR forgetAtMs > ?";
      const known = this.#sql(`SELECT 1 FROM ${table} WHERE ${isKnown} LIMIT 1`, nowMs);
      if ([...known].length === 0) {
        this.#run(`DROP TABLE ${table}`);
        this.#days.splice(this.#days.indexOf(day), 1);
      } else if (day < today - HELD_BACK_DAYS) {
        const forgotten = `SELECT createdAtMs, id FROM ${table} WHERE forgetAtMs <= ? LIMIT ?`;
        const where = `(createdAtMs, id) IN (${forgotten})`;
        this.#run(`DELETE FROM ${table} WHERE ${where}`, nowMs, DELETED_AT_ONCE);
      }
    }
  }

  #tableFor(createdAtMs: number): string {
    const day = dayOf(createdAtMs);
    const table = tableOf(day);
    if (this.#days.includes(day)) return table;
    this.#run(
      `CREATE TABLE IF NOT EXISTS ${table} (
        createdAtMs INTEGER, id TEXT, revision INTEGER, status TEXT, queue TEXT,
        dueAtMs INTEGER, forgetAtMs INTEGER, heardAtMs INTEGER, summary TEXT,
        PRIMARY KEY (createdAtMs, id)
      ) WITHOUT ROWID`,
    );
    this.#days.push(day);
    this.#days.sort((one, other) => other - one);
    return table;
  }

  /**
   * Returns the end of the millisecond that is `rows` rows after a position, or null if the day has
   * fewer. It is not the row's own position: the cursor would tell the id of a task that the caller's
   * token may not cover.
   */
  #endAfter(day: number, after: Position | null, rows: number): Position | null {
    const { where, values } = beyond(after);
    const [row] = this.#sql<{ readonly createdAtMs: number }>(
      `SELECT createdAtMs FROM ${tableOf(day)} WHERE ${where} ${NEWEST_FIRST} LIMIT 1 OFFSET ?`,
      ...values,
      Math.max(0, rows - 1),
    );
    return row === undefined ? null : endOf(row.createdAtMs);
  }

  #rowsAfter(day: number, after: Position | null): number {
    const { where, values } = beyond(after);
    const [row] = this.#sql<{ readonly rows: number }>(
      `SELECT count(*) AS rows FROM ${tableOf(day)} WHERE ${where}`,
      ...values,
    );
    return row?.rows ?? 0;
  }

  #select(day: number, { from, end, filter, nowMs }: Window): Iterable<Row> {
    const conditions = [beyond(from), upTo(end), known(nowMs), ...conditionsOf(filter, nowMs)];
    return this.#sql<Row>(
      `SELECT createdAtMs, id, revision, dueAtMs, heardAtMs, summary FROM ${tableOf(day)}
      WHERE ${conditions.map(({ where }) => `(${where})`).join(" AND ")} ${NEWEST_FIRST}`,
      ...conditions.flatMap(({ values }) => values),
    );
  }

  /** The last revision that was removed from a place; 0: none, as far as we remember. */
  #removedRevision(place: Position): number {
    return this.#removed.get(placeKey(place)) ?? 0;
  }

  #check({ id, revision }: HintedTask, nowMs: number): void {
    if (this.#checked.size >= MAX_REMEMBERED) this.#checked.clear();
    this.#checked.set(id, { revision, atMs: nowMs });
  }

  #listed({ createdAtMs, id, revision, dueAtMs, heardAtMs, summary }: Row): ListedTask {
    const checked = this.#checked.get(id);
    const checkedAtMs = checked?.revision === revision ? checked.atMs : heardAtMs;
    const lastAtMs = Math.max(heardAtMs, checkedAtMs);
    const isFromBefore = lastAtMs < this.#startedAtMs;
    return {
      createdAtMs,
      id,
      dueAtMs,
      heardAtMs: lastAtMs,
      isFromBefore,
      summary: JSON.parse(summary),
    };
  }

  #run(query: string, ...values: readonly SqlValue[]): void {
    // A query runs only as far as its rows are read.
    for (const _ of this.#sql(query, ...values));
  }
}

interface Window {
  readonly from: Position | null;
  readonly end: Position | null;
  readonly filter: TaskFilter;
  readonly nowMs: number;
}

const NEWEST_FIRST = "ORDER BY createdAtMs DESC, id DESC";

function placeKey({ createdAtMs, id }: Position): string {
  return `${createdAtMs} ${id}`;
}

function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS);
}

function tableOf(day: number): string {
  return `day_${day}`;
}
