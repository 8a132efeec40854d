import type { StoredDelivery } from "./endpoint.ts";

type Value = string | number | null;

/** Runs a statement on the webhook's own database, in the turn that it is called in. */
export type Sql = (
  query: string,
  ...bindings: readonly Value[]
) => readonly Readonly<Record<string, unknown>>[];

/** How many that are settled stay: they are the log, and an event that comes again is known by them. */
const KEPT = 1000;
const SHOWN = 100;
/** Older ones are deleted once in so many deliveries. */
const PRUNED_EVERY = 100;

const WAITING = "next_try_at_ms IS NOT NULL";
const SETTLED = "next_try_at_ms IS NULL";

/** The events on their way to one webhook, and the last ones that were. */
export class DeliveryStore {
  readonly #sql: Sql;
  /** Null: not counted since the object woke up. */
  #waiting: number | null = null;
  #settledSincePrune = 0;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Makes the tables. Nothing else may be called before. */
  create(): void {
    this.#sql(`CREATE TABLE IF NOT EXISTS deliveries (
      seq INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      next_try_at_ms INTEGER,
      progress TEXT NOT NULL,
      payload TEXT NOT NULL
    )`);
    this.#sql(`CREATE INDEX IF NOT EXISTS waiting ON deliveries (next_try_at_ms) WHERE ${WAITING}`);
    // An index of earlier versions: each event paid a write for it, and it saved next to nothing.
    this.#sql("DROP INDEX IF EXISTS settled");
  }

  /** Forgets what it knows of tables that are gone. */
  reset(): void {
    this.#waiting = null;
  }

  /** How many wait to be delivered. */
  get waiting(): number {
    this.#waiting ??= numberIn(this.#sql(`SELECT count(*) AS n FROM deliveries WHERE ${WAITING}`));
    return this.#waiting ?? 0;
  }

  get(id: string): StoredDelivery | null {
    return this.#select("WHERE id = ?", id)[0] ?? null;
  }

  /** Adds a delivery that no other has the id of. */
  add({ payload, nextTryAtMs, ...progress }: StoredDelivery): void {
    const { waiting } = this;
    this.#sql(
      "INSERT INTO deliveries (id, next_try_at_ms, progress, payload) VALUES (?, ?, ?, ?)",
      progress.id,
      nextTryAtMs,
      JSON.stringify(progress),
      payload,
    );
    this.#waiting = waiting + (nextTryAtMs === null ? 0 : 1);
  }

  /** Writes how far a delivery is. */
  update(before: StoredDelivery, after: StoredDelivery): void {
    const { payload: _, nextTryAtMs, ...progress } = after;
    const { waiting } = this;
    this.#sql(
      "UPDATE deliveries SET next_try_at_ms = ?, progress = ? WHERE id = ?",
      nextTryAtMs,
      JSON.stringify(progress),
      progress.id,
    );
    const [was, is] = [before, after].map((one) => (one.nextTryAtMs === null ? 0 : 1));
    this.#waiting = waiting - (was ?? 0) + (is ?? 0);
    if (is === 0 && ++this.#settledSincePrune >= PRUNED_EVERY) this.#prune();
  }

  /** The one that has been due for longest, and is not being sent; null if there is none. */
  nextDue(nowMs: number, sending: ReadonlyMap<string, unknown>): StoredDelivery | null {
    // Those that are being sent are still due on disk.
    const due = this.#select(
      "WHERE next_try_at_ms <= ? ORDER BY next_try_at_ms, seq LIMIT ?",
      nowMs,
      sending.size + 1,
    );
    return due.find(({ id }) => !sending.has(id)) ?? null;
  }

  /** When the next try is due; null: nothing waits. */
  nextTryAtMs(): number | null {
    return numberIn(this.#sql(`SELECT min(next_try_at_ms) AS n FROM deliveries WHERE ${WAITING}`));
  }

  /** The last ones, newest first. */
  latest(): readonly StoredDelivery[] {
    return this.#select("ORDER BY seq DESC LIMIT ?", SHOWN);
  }

  /** Gives up whatever waits. */
  giveUp(): void {
    this.#sql(`UPDATE deliveries SET next_try_at_ms = NULL WHERE ${WAITING}`);
    this.#waiting = 0;
    this.#prune();
  }

  #select(where: string, ...bindings: readonly Value[]): readonly StoredDelivery[] {
    const rows = this.#sql(
      `SELECT next_try_at_ms, progress, payload FROM deliveries ${where}`,
      ...bindings,
    );
    return rows.map(({ next_try_at_ms: atMs, progress, payload }) => {
      const stored: Omit<StoredDelivery, "payload" | "nextTryAtMs"> = JSON.parse(String(progress));
      const nextTryAtMs = typeof atMs === "number" ? atMs : null;
      return { ...stored, payload: String(payload), nextTryAtMs };
    });
  }

  #prune(): void {
    this.#settledSincePrune = 0;
    this.#sql(
      `DELETE FROM deliveries WHERE ${SETTLED} AND seq <= (
        SELECT seq FROM deliveries WHERE ${SETTLED} ORDER BY seq DESC LIMIT 1 OFFSET ?
      )`,
      KEPT,
    );
  }
}

function numberIn([row]: ReturnType<Sql>): number | null {
  const n = row?.["n"];
  return typeof n === "number" ? n : null;
}
