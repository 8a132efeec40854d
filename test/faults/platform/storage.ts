import { DatabaseSync } from "node:sqlite";
import type { Surroundings } from "./surroundings.ts";

interface Output {
  leave(): void;
  lose(): void;
}

/** What is on disk, but for the tables. */
interface Snapshot {
  readonly kv: ReadonlyMap<string, unknown>;
  readonly alarmAtMs: number | null;
  readonly outputs: Output[];
}

const TAKES_AT_MOST_MS = 10;

/**
 * The storage of an object as workerd has it: what is written can be read at once, is on disk a little
 * later, all of it together, and nothing that is said meanwhile leaves before it is.
 */
export class SimulatedStorage {
  alarmAtMs: number | null = null;
  readonly #surroundings: Surroundings;
  readonly #onWritten: () => void;
  #kv = new Map<string, unknown>();
  #database: DatabaseSync | null = null;
  /** What a crash would leave. Null: all of it is on disk. */
  #before: Snapshot | null = null;

  constructor(surroundings: Surroundings, onWritten: () => void) {
    this.#surroundings = surroundings;
    this.#onWritten = onWritten;
  }

  /** What is stored under a key, for who knows everything. */
  peek(key: string): unknown {
    return this.#kv.get(key);
  }

  get isWriting(): boolean {
    return this.#before !== null;
  }

  /** Says something to the world once everything that was written before is on disk. */
  output(leave: () => void, lose: () => void = () => {}): void {
    if (this.#before === null) leave();
    else this.#before.outputs.push({ leave, lose });
  }

  /** What is not on disk yet is lost. */
  crash(): void {
    const before = this.#before;
    if (before === null) return;
    this.#before = null;
    this.#kv = new Map(before.kv);
    this.alarmAtMs = before.alarmAtMs;
    this.#database?.exec("ROLLBACK");
    for (const { lose } of before.outputs) lose();
  }

  /** Everything is lost, as if somebody had deleted it. */
  wipe(): void {
    this.crash();
    this.#kv.clear();
    this.#database = null;
    this.alarmAtMs = null;
  }

  /** What the code of an object is given, until `isOver`: it may run on for a moment after a crash. */
  handle(isOver: () => boolean) {
    const write = (change: () => void) => {
      if (isOver()) throw new Error("the object was reset");
      this.#begin();
      change();
    };
    const setAlarm = (atMs: number | Date | null) => {
      write(() => {
        // As the platform does.
        this.alarmAtMs = atMs === null ? null : Math.floor(Number(atMs));
      });
      return Promise.resolve();
    };
    return {
      kv: {
        get: (key: string): unknown => structuredClone(this.#kv.get(key)),
        put: (key: string, value: unknown) =>
          write(() => this.#kv.set(key, structuredClone(value))),
        delete: (key: string) => write(() => this.#kv.delete(key)),
        list: () => structuredClone(this.#kv).entries(),
      },
      sql: {
        exec: (statement: string, ...values: (string | number | null)[]) => {
          let rows: unknown[] = [];
          write(() => {
            rows = this.#tables()
              .prepare(statement)
              .all(...values);
          });
          return {
            toArray: () => rows,
            one: () => rows[0],
            [Symbol.iterator]: () => rows.values(),
          };
        },
      },
      getAlarm: () => Promise.resolve(this.alarmAtMs),
      setAlarm,
      deleteAlarm: () => setAlarm(null),
      deleteAll: () => {
        write(() => {
          this.#kv.clear();
          this.#dropTables();
          this.alarmAtMs = null;
        });
        return Promise.resolve();
      },
    };
  }

  #tables(): DatabaseSync {
    if (this.#database === null) {
      this.#database = new DatabaseSync(":memory:");
      if (this.#before) this.#database.exec("BEGIN");
    }
    return this.#database;
  }

  #dropTables(): void {
    const tables = this.#database?.prepare("SELECT name FROM sqlite_master WHERE type = 'table'");
    for (const { name } of tables?.all() ?? []) this.#database?.exec(`DROP TABLE "${name}"`);
  }

  #begin(): void {
    if (this.#before !== null) return;
    const before = { kv: new Map(this.#kv), alarmAtMs: this.alarmAtMs, outputs: [] };
    this.#before = before;
    this.#database?.exec("BEGIN");
    const { random, later } = this.#surroundings;
    later(random.whole(0, TAKES_AT_MOST_MS), () => {
      if (this.#before === before) this.#end(before);
    });
  }

  #end({ outputs }: Snapshot): void {
    this.#before = null;
    this.#database?.exec("COMMIT");
    this.#onWritten();
    for (const { leave } of outputs) leave();
  }
}
