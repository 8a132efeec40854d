import { type Filter, type StoredDelivery, wants } from "./endpoint.ts";

type Value = string | number | null;

/** Runs a statement on the webhook's own database, synchronously. */
export type Sql = (
  query: string,
  ...bindings: readonly Value[]
) => readonly Readonly<Record<string, unknown>>[];

/** How many settled deliveries to keep: they are the log, and identify an event that arrives again. */
const KEPT = 1000;
const SHOWN = 100;
/** Older ones are deleted each time that one in this many is settled. */
const PRUNED_EVERY = 100;

const WAITING = "next_try_at_ms IS NOT NULL";
const SETTLED = "next_try_at_ms IS NULL";

/** The deliveries of one webhook: those that wait, and the last ones that are settled. */
export class DeliveryStore {
  readonly #sql: Sql;
  /** Null until it is counted after the object has woken up. */
  #waiting: number | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Creates the tables. Must be called before anything else. */
  create(): void {
    this.#sql(`CREATE TABLE IF NOT EXISTS deliveries (
      seq INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      next_try_at_ms INTEGER,
      progress TEXT NOT NULL,
      payload TEXT NOT NULL
    )`);
    this.#sql(`CREATE INDEX IF NOT EXISTS waiting ON deliveries (next_try_at_ms) WHERE ${WAITING}`);
    // An index of earlier versions: it cost each event a write, and saved next to nothing.
    this.#sql("DROP INDEX IF EXISTS settled");
  }

  /** Forgets the count, because the tables are gone. */
  reset(): void {
    this.#waiting = null;
  }

  /** How many deliveries wait. */
  get waiting(): number {
    this.#waiting ??= numberIn(this.#sql(`SELECT count(*) AS n FROM deliveries WHERE ${WAITING}`));
    return this.#waiting ?? 0;
  }

  get(id: string): StoredDelivery | null {
    return this.#select("WHERE id = ?", id)[0] ?? null;
  }

  /** Adds a delivery. No other may have its id. */
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

  /** Stores the progress of a delivery. */
  update(before: StoredDelivery, after: StoredDelivery): void {
    const { payload: _, nextTryAtMs, ...progress } = after;
    const { waiting } = this;
    const updated = this.#sql(
      "UPDATE deliveries SET next_try_at_ms = ?, progress = ? WHERE id = ? RETURNING seq AS n",
      nextTryAtMs,
      JSON.stringify(progress),
      progress.id,
    );
    const [was, is] = [before, after].map((one) => (one.nextTryAtMs === null ? 0 : 1));
    this.#waiting = waiting - (was ?? 0) + (is ?? 0);
    // Not counted in memory: an object that sleeps between its events would always begin anew.
    if (is === 0 && (numberIn(updated) ?? 0) % PRUNED_EVERY === 0) this.#prune();
  }

  /** The delivery that has been due longest and is not being sent, or null if there is none. */
  nextDue(nowMs: number, sending: ReadonlyMap<string, unknown>): StoredDelivery | null {
    // Deliveries that are being sent are still due on disk.
    const due = this.#select(
      "WHERE next_try_at_ms <= ? ORDER BY next_try_at_ms, seq LIMIT ?",
      nowMs,
      sending.size + 1,
    );
    return due.find(({ id }) => !sending.has(id)) ?? null;
  }

  /** When the next try is due, or null if nothing waits. */
  nextTryAtMs(): number | null {
    return numberIn(this.#sql(`SELECT min(next_try_at_ms) AS n FROM deliveries WHERE ${WAITING}`));
  }

  /** The last deliveries, newest first. */
  latest(): readonly StoredDelivery[] {
    return this.#select("ORDER BY seq DESC LIMIT ?", SHOWN);
  }

  /** Deletes the deliveries that a webhook with this filter would not want. Tests stay. */
  keepWanted(filter: Filter): void {
    const rows = this.#sql(
      "SELECT progress, json_extract(payload, '$.data.queue') AS queue FROM deliveries",
    );
    for (const { progress, queue } of rows) {
      const { id, type, taskId }: StoredDelivery = JSON.parse(String(progress));
      if (taskId === null || type === "webhook.test") continue;
      const event = { type, taskId, queue: typeof queue === "string" ? queue : null };
      if (!wants(filter, event)) this.#sql("DELETE FROM deliveries WHERE id = ?", id);
    }
    this.#waiting = null;
  }

  /** Gives up every delivery that waits. One that was not tried yet gets the reason as its error. */
  giveUp(reason: string): void {
    this.#sql(
      `UPDATE deliveries SET next_try_at_ms = NULL,
        progress = json_set(progress, '$.error', coalesce(progress ->> '$.error', ?)) WHERE ${WAITING}`,
      reason,
    );
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
