import { DEFAULT_SETTINGS, type Place, placeAt, type Slot, type StoredSettings } from "./queue.ts";

type Value = string | number | null;
type Row = Readonly<Record<string, unknown>>;

/** Runs one statement on SQLite, an object's or a test's. Returns all rows. */
export type Sql = (statement: string, ...values: Value[]) => readonly Row[];

/** A task that waits. */
export interface Waiting extends Place {
  /** When the task can be claimed, which then decides its place. Null if it can be claimed now. */
  readonly availableAtMs: number | null;
}

interface Counts {
  readonly pending: number;
  readonly delayed: number;
}

/** An earlier run may have failed half-way: `settings` comes last, and shows that all tables exist. */
const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS waiting (
    id TEXT PRIMARY KEY, rank INTEGER NOT NULL, place INTEGER NOT NULL, available_at_ms INTEGER
  ) WITHOUT ROWID`,
  // Includes a column that is always null: without it, SQLite looks up each row to check that it is.
  `CREATE INDEX IF NOT EXISTS ready ON waiting (rank, place, id, available_at_ms)
    WHERE available_at_ms IS NULL`,
  "CREATE INDEX IF NOT EXISTS delayed ON waiting (available_at_ms) WHERE available_at_ms IS NOT NULL",
  `CREATE TABLE IF NOT EXISTS slots (
    id TEXT PRIMARY KEY, attempt INTEGER NOT NULL, holder TEXT NOT NULL,
    check_at_ms INTEGER NOT NULL, check_after_seconds INTEGER NOT NULL
  ) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS settings (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    paused INTEGER NOT NULL, accepting INTEGER NOT NULL, max_running INTEGER
  )`,
];

/**
 * A queue on disk. No query of a claim takes longer when more tasks wait. A queue that has only been read
 * has no tables.
 */
export class QueueStore {
  readonly #sql: Sql;
  #hasTables: boolean | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Counts every row. */
  counts(): Counts {
    const count = (condition: string) =>
      numberIn(this.#query(`SELECT COUNT(*) AS n FROM waiting WHERE ${condition}`)[0], "n");
    return {
      pending: count("available_at_ms IS NULL"),
      delayed: count("available_at_ms IS NOT NULL"),
    };
  }

  find(id: string): Waiting | null {
    const [row] = this.#query("SELECT * FROM waiting WHERE id = ?", id);
    if (row === undefined) return null;
    const { available_at_ms: availableAtMs } = row;
    return {
      ...toPlace(row),
      availableAtMs: availableAtMs === null ? null : Number(availableAtMs),
    };
  }

  put({ id, rank, place, availableAtMs }: Waiting): void {
    this.#insert("REPLACE INTO waiting VALUES (?, ?, ?, ?)", id, rank, place, availableAtMs);
  }

  remove(id: string): void {
    this.#query("DELETE FROM waiting WHERE id = ?", id);
  }

  /** The next tasks that can be claimed, in order, after a place, or the first ones if it is null. */
  readyAfter(place: Place | null, limit: number): readonly Place[] {
    const after = place ?? { rank: Number.MIN_SAFE_INTEGER, place: 0, id: "" };
    return this.#query(
      `SELECT id, rank, place FROM waiting
        WHERE available_at_ms IS NULL AND (rank, place, id) > (?, ?, ?)
        ORDER BY rank, place, id LIMIT ?`,
      after.rank,
      after.place,
      after.id,
      limit,
    ).map(toPlace);
  }

  /** The place of the task that has been claimable longest. Reads one row of each rank; there are few ranks. */
  oldestPlace(): number | null {
    let oldest: number | null = null;
    for (let rank = Number.MIN_SAFE_INTEGER; ; ) {
      const [row] = this.#query(
        `SELECT rank, place FROM waiting
          WHERE available_at_ms IS NULL AND rank > ? ORDER BY rank, place LIMIT 1`,
        rank,
      );
      if (row === undefined) return oldest;
      rank = numberIn(row, "rank");
      oldest = Math.min(oldest ?? Number.POSITIVE_INFINITY, numberIn(row, "place"));
    }
  }

  /** When the next delayed task can be claimed, or null if there is none. */
  nextDelayedAtMs(): number | null {
    const [row] = this.#query(
      "SELECT MIN(available_at_ms) AS at FROM waiting WHERE available_at_ms IS NOT NULL",
    );
    return row === undefined || row["at"] === null ? null : numberIn(row, "at");
  }

  /** Makes up to `limit` tasks claimable whose time has come. Returns how many. */
  promote(nowMs: number, limit: number): number {
    return this.#query(
      `UPDATE waiting SET place = available_at_ms * ${placeAt(1)}, available_at_ms = NULL
        WHERE id IN (
          SELECT id FROM waiting WHERE available_at_ms <= ? ORDER BY available_at_ms LIMIT ?
        ) RETURNING id`,
      nowMs,
      limit,
    ).length;
  }

  slots(): readonly Slot[] {
    return this.#query("SELECT * FROM slots").map((row) => ({
      id: String(row["id"]),
      attempt: numberIn(row, "attempt"),
      holder: String(row["holder"]),
      checkAtMs: numberIn(row, "check_at_ms"),
      checkAfterSeconds: numberIn(row, "check_after_seconds"),
    }));
  }

  putSlot({ id, attempt, holder, checkAtMs, checkAfterSeconds }: Slot): void {
    const values = [id, attempt, holder, checkAtMs, checkAfterSeconds];
    this.#insert("REPLACE INTO slots VALUES (?, ?, ?, ?, ?)", ...values);
  }

  removeSlot(id: string): void {
    this.#query("DELETE FROM slots WHERE id = ?", id);
  }

  settings(): StoredSettings {
    const [row] = this.#query("SELECT * FROM settings");
    if (row === undefined) return DEFAULT_SETTINGS;
    const { max_running: maxRunning } = row;
    return {
      paused: numberIn(row, "paused") === 1,
      accepting: numberIn(row, "accepting") === 1,
      maxRunning: maxRunning === null ? null : Number(maxRunning),
    };
  }

  putSettings({ paused, accepting, maxRunning }: StoredSettings): void {
    const values = [Number(paused), Number(accepting), maxRunning];
    this.#insert("REPLACE INTO settings VALUES (1, ?, ?, ?)", ...values);
  }

  /** Without tables there is nothing to read, change or remove. */
  #query(statement: string, ...values: Value[]): readonly Row[] {
    return this.#isThere() ? this.#sql(statement, ...values) : [];
  }

  #insert(statement: string, ...values: Value[]): void {
    if (!this.#isThere()) for (const table of SCHEMA) this.#sql(table);
    this.#hasTables = true;
    this.#sql(statement, ...values);
  }

  #isThere(): boolean {
    const named = "SELECT 1 FROM sqlite_master WHERE name = 'settings'";
    this.#hasTables ??= this.#sql(named).length > 0;
    return this.#hasTables;
  }
}

function toPlace(row: Row): Place {
  return { id: String(row["id"]), rank: numberIn(row, "rank"), place: numberIn(row, "place") };
}

function numberIn(row: Row | undefined, column: string): number {
  return Number(row?.[column] ?? 0);
}
