import type { ChildRow, ChildStore, Family } from "./family.ts";

/** The part of an object's storage that `ChildTable` uses. */
interface Storage {
  readonly kv: Pick<SyncKvStorage, "get" | "put">;
  readonly sql: Pick<SqlStorage, "exec">;
}

/** The key of the `Family`. */
const FAMILY = "family";

/** A child's row in SQLite. */
interface Row extends Record<string, SqlStorageValue> {
  readonly id: string;
  readonly adopted_at_ms: number;
  readonly stays_on: number;
  readonly is_told: number;
  readonly is_doubtful: number;
  readonly reported_at: number;
  readonly has_ended: number;
  readonly total: number;
  readonly ended: number;
  readonly acknowledged: number;
  readonly unconfirmed: number;
}

/** A task's children, in its object's SQLite. The table is created with the first child. */
export class ChildTable implements ChildStore {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  loadFamily(): Family | null {
    return this.#storage.kv.get<Family>(FAMILY) ?? null;
  }

  storeFamily(family: Family): void {
    this.#storage.kv.put(FAMILY, family);
  }

  child(id: string): ChildRow | null {
    const [row] = this.#rows("SELECT * FROM children WHERE id = ?", id);
    return row ?? null;
  }

  store(row: ChildRow): void {
    const { counts } = row;
    this.#storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS children (
        id TEXT PRIMARY KEY, adopted_at_ms INTEGER NOT NULL, stays_on INTEGER NOT NULL,
        is_told INTEGER NOT NULL, is_doubtful INTEGER NOT NULL, reported_at INTEGER NOT NULL, has_ended INTEGER NOT NULL,
        total INTEGER NOT NULL, ended INTEGER NOT NULL, acknowledged INTEGER NOT NULL,
        unconfirmed INTEGER NOT NULL
      ) WITHOUT ROWID`,
    );
    this.#storage.sql.exec(
      "INSERT OR REPLACE INTO children VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      row.id,
      row.adoptedAtMs,
      Number(row.staysOn),
      Number(row.isTold),
      Number(row.isDoubtful),
      row.reportedAt,
      Number(row.hasEnded),
      counts.total,
      counts.ended,
      counts.acknowledged,
      counts.unconfirmed,
    );
  }

  drop(id: string): void {
    this.#storage.sql.exec("DELETE FROM children WHERE id = ?", id);
  }

  livingAfter(id: string, limit: number): readonly ChildRow[] {
    return this.#rows(
      "SELECT * FROM children WHERE (ended < total OR is_doubtful) AND id > ? ORDER BY id LIMIT ?",
      id,
      limit,
    );
  }

  dropSettled(count: number): void {
    this.#storage.sql.exec(
      `DELETE FROM children WHERE id IN (
        SELECT id FROM children WHERE ended = total AND NOT is_doubtful ORDER BY adopted_at_ms LIMIT ?
      )`,
      count,
    );
  }

  newest(limit: number): readonly ChildRow[] {
    return this.#rows("SELECT * FROM children ORDER BY adopted_at_ms DESC LIMIT ?", limit);
  }

  count(): number {
    const counted = this.#storage.sql.exec<{ count: number }>(
      "SELECT COUNT(*) AS count FROM children",
    );
    return counted.one().count;
  }

  clear(): void {
    this.#storage.sql.exec("DROP TABLE IF EXISTS children");
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): ChildRow[] {
    return this.#storage.sql
      .exec<Row>(query, ...bindings)
      .toArray()
      .map(toChild);
  }
}

function toChild({ total, ended, acknowledged, unconfirmed, ...row }: Row): ChildRow {
  return {
    id: row.id,
    adoptedAtMs: row.adopted_at_ms,
    staysOn: row.stays_on === 1,
    isTold: row.is_told === 1,
    isDoubtful: row.is_doubtful === 1,
    reportedAt: row.reported_at,
    hasEnded: row.has_ended === 1,
    counts: { total, ended, acknowledged, unconfirmed },
  };
}
