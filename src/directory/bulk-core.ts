import type { BulkCancellation } from "../../worker-client/protocol-directory.ts";
import { logLine } from "../log-line.ts";
import type { TaskHint } from "../tasks/task-hint.ts";
import { type BulkOrder, pauseAfter, type StoredBulk, toBulkCancellation } from "./bulk.ts";
import type { Sql } from "./directory-store.ts";
import type { AskedTask, BulkReading } from "./directory-stub.ts";
import type { Page } from "./page.ts";
import { endOf, type Position, type Scan } from "./query.ts";

/** What a bulk cancel needs from the platform. */
export interface BulkPort {
  readonly sql: Sql;
  now(): number;
  load(): StoredBulk | null;
  /** All writes of one turn, including those by SQL, reach the disk together. */
  store(bulk: StoredBulk): void;
  clear(): Promise<void>;
  setAlarm(atMs: number): Promise<void>;
  list(scan: Scan): Promise<Page>;
  /** Cancels the task created at that time. Returns null if it is gone. */
  cancel(task: Position, order: BulkOrder): Promise<TaskHint | null>;
  /** Reads a task's state. Returns null if the task is gone. */
  look(task: Position): Promise<TaskHint | null>;
  /** Passes the tasks' answers on to the directory. Returns the answers it accepted. */
  settle(asked: readonly AskedTask[]): Promise<readonly AskedTask[]>;
  /** Sends the progress to all watchers. */
  tell(bulk: BulkCancellation): void;
}

/**
 * `found`: not cancelled yet. `asked`: cancelled, but not ended yet. `unreachable`: it did not
 * answer, or the directory did not accept its end.
 */
type WaitingState = "found" | "asked" | "unreachable";

type Waiting = Pick<Position, keyof Position> & { readonly state: WaitingState };

const AT_ONCE = 100;
/** The directory learns of a task a moment after its creation, so begin after that. */
const BEGIN_AFTER_MS = 1000;
const RETRY_MS = 1000;
const RETENTION_MS = 604_800_000;
/** Tells the directory to drop the row of a forgotten task, whatever its last revision was. */
const ANY_REVISION = Number.MAX_SAFE_INTEGER;

/**
 * Cancels many tasks, a hundred per turn: finds them, cancels each, and checks on them until all
 * have ended. Tasks are stored before they are cancelled, so after a crash at any moment some are
 * only asked again. An end counts once the directory has it, because a task that crashed may not
 * have sent it: what is done must show in lists.
 */
export class BulkCore {
  readonly #port: BulkPort;
  /** The tasks to cancel next. Null if not known: to look for them is to read the whole table. */
  #found: readonly Waiting[] | null = null;
  /** The last task that was checked for its end in this round, or empty before the first. */
  #lookedUpTo = "";

  constructor(port: BulkPort) {
    this.#port = port;
  }

  async begin(order: BulkOrder): Promise<BulkCancellation> {
    const known = this.#port.load();
    if (known !== null) return toBulkCancellation(known);
    const createdAtMs = this.#port.now();
    this.#run(
      "CREATE TABLE waiting (id TEXT PRIMARY KEY, createdAtMs INTEGER, state TEXT) WITHOUT ROWID",
    );
    const bulk: StoredBulk = {
      ...order,
      createdAtMs,
      endedAtMs: null,
      // Tasks created after this are left out.
      after: endOf(createdAtMs + 1),
      matched: 0,
      requested: 0,
      ended: 0,
      acknowledged: 0,
    };
    this.#port.store(bulk);
    await this.#port.setAlarm(createdAtMs + BEGIN_AFTER_MS);
    return toBulkCancellation(bulk);
  }

  read(): BulkCancellation | null {
    const bulk = this.#port.load();
    return bulk && toBulkCancellation(bulk);
  }

  /** The bulk cancel, with what decides who may read it. */
  reading(): BulkReading | null {
    const bulk = this.#port.load();
    if (bulk === null) return null;
    const { filter, covered } = bulk;
    return { bulk: toBulkCancellation(bulk), filter, covered };
  }

  /** Runs the next turn. The alarm may fire twice, late, or for nothing. */
  async ring(): Promise<void> {
    try {
      await this.#turn();
    } catch (error) {
      this.#found = null;
      // The platform drops an alarm that keeps failing, and the rest would never be cancelled.
      console.error(logLine("bulk_cancel_failed", { error: String(error) }));
      await this.#port.setAlarm(this.#port.now() + RETRY_MS);
    }
  }

  async #turn(): Promise<void> {
    const bulk = this.#port.load();
    if (bulk === null) return;
    if (bulk.endedAtMs !== null) {
      const forgetAtMs = bulk.endedAtMs + RETENTION_MS;
      if (this.#port.now() >= forgetAtMs) await this.#port.clear();
      else await this.#port.setAlarm(forgetAtMs);
      return;
    }
    this.#found ??= this.#waiting("state = 'found'");
    if (this.#found.length > 0) await this.#go(await this.#ask(bulk, this.#found), 0);
    else if (bulk.after !== null) await this.#go(await this.#find(bulk, bulk.after), 0);
    else await this.#lookAfter(bulk);
  }

  /** Stores the result of a turn, and schedules the next one. */
  async #go(bulk: StoredBulk, pauseMs: number): Promise<void> {
    this.#port.store(bulk);
    const nextAtMs =
      bulk.endedAtMs === null ? this.#port.now() + pauseMs : bulk.endedAtMs + RETENTION_MS;
    const armed = this.#port.setAlarm(nextAtMs);
    this.#port.tell(toBulkCancellation(bulk));
    await armed;
  }

  async #find(bulk: StoredBulk, after: Position): Promise<StoredBulk> {
    const { filter, covered, dryRun } = bulk;
    const page = await this.#port.list({ filter, covered, after, limit: AT_ONCE });
    const insert = "INSERT OR IGNORE INTO waiting VALUES (?, ?, 'found') RETURNING *";
    this.#found = (dryRun ? [] : page.tasks).flatMap(({ id, createdAt }) => [
      ...this.#port.sql<Waiting>(insert, id, Date.parse(createdAt)),
    ]);
    return { ...bulk, after: page.to, matched: bulk.matched + page.tasks.length };
  }

  /** Cancels tasks. One that does not answer is tried again later. */
  async #ask(bulk: StoredBulk, tasks: readonly Waiting[]): Promise<StoredBulk> {
    const answers = await this.#cancel(bulk, tasks);
    this.#found = [];
    return answers.reduce((counted, answer) => this.#note(counted, answer, true), bulk);
  }

  #cancel(bulk: StoredBulk, tasks: readonly Waiting[]): Promise<readonly Answer[]> {
    return this.#each(tasks, (task) => this.#port.cancel(task, bulk));
  }

  async #lookAfter(bulk: StoredBulk): Promise<void> {
    const tasks = this.#waiting("id > ?", this.#lookedUpTo);
    const last = tasks.at(-1);
    if (last === undefined) {
      const isOver = this.#lookedUpTo === "";
      this.#lookedUpTo = "";
      if (isOver) return this.#go({ ...bulk, endedAtMs: this.#port.now() }, 0);
      return this.#go(bulk, pauseAfter(bulk, this.#port.now()));
    }
    const unreachable = tasks.filter(({ state }) => state === "unreachable");
    const asked = tasks.filter(({ state }) => state !== "unreachable");
    const [cancelled, looked] = await Promise.all([
      this.#cancel(bulk, unreachable),
      this.#each(asked, (task) => this.#port.look(task)),
    ]);
    // A task's row and the counts must reach the disk together: no await from here on.
    const after = cancelled.reduce((sum, answer) => this.#note(sum, answer, true), bulk);
    const counted = looked.reduce((sum, answer) => this.#note(sum, answer, false), after);
    this.#lookedUpTo = last.id;
    return this.#go(counted, 0);
  }

  /** Counts a task's answer, and waits for its end unless it has ended. */
  #note(bulk: StoredBulk, { task, hint }: Answer, isAsked: boolean): StoredBulk {
    if (hint === undefined) {
      if (isAsked) this.#mark(task, "unreachable");
      return bulk;
    }
    const cancellation = hint?.summary.cancellation ?? null;
    const isRequested = isAsked && cancellation !== null;
    const isOver = hasEnded(hint);
    if (isOver) this.#run("DELETE FROM waiting WHERE id = ?", task.id);
    else if (isAsked) this.#mark(task, "asked");
    const isAcknowledged = isOver && cancellation !== null && cancellation.acknowledgedAt !== null;
    return {
      ...bulk,
      requested: bulk.requested + Number(isRequested),
      ended: bulk.ended + Number(isOver),
      acknowledged: bulk.acknowledged + Number(isAcknowledged),
      ...((isRequested || isOver) && { progressAtMs: this.#port.now() }),
    };
  }

  #mark({ id }: Waiting, state: WaitingState): void {
    this.#run("UPDATE waiting SET state = ? WHERE id = ?", state, id);
  }

  /** Asks each task. One whose end the directory did not accept counts as not having answered. */
  async #each(
    tasks: readonly Waiting[],
    ask: (task: Waiting) => Promise<TaskHint | null>,
  ): Promise<readonly Answer[]> {
    const answers = await Promise.all(
      tasks.map(async (task): Promise<Answer> => {
        try {
          return { task, hint: await ask(task) };
        } catch (error) {
          console.error(logLine("check_failed", { taskId: task.id, error: String(error) }));
          return { task, hint: undefined };
        }
      }),
    );
    const ends = answers.flatMap(({ task: { id, createdAtMs }, hint }) => {
      const listed = { id, createdAtMs, revision: ANY_REVISION };
      return hint !== undefined && hasEnded(hint) ? [{ listed, hint }] : [];
    });
    const taken = new Set((await this.#port.settle(ends)).map(({ listed }) => listed.id));
    return answers.map(({ task, hint }) => {
      const isUntold = hint !== undefined && hasEnded(hint) && !taken.has(task.id);
      return { task, hint: isUntold ? undefined : hint };
    });
  }

  #waiting(where: string, ...values: readonly string[]): readonly Waiting[] {
    return [
      ...this.#port.sql<Waiting>(
        `SELECT id, createdAtMs, state FROM waiting WHERE ${where} ORDER BY id LIMIT ${AT_ONCE}`,
        ...values,
      ),
    ];
  }

  #run(query: string, ...values: readonly (string | number)[]): void {
    // A query runs only as far as its rows are read.
    for (const _ of this.#port.sql(query, ...values));
  }
}

interface Answer {
  readonly task: Waiting;
  /** Null if the task is gone, undefined if it did not answer. */
  readonly hint: TaskHint | null | undefined;
}

/** A task that is gone has ended. */
function hasEnded(hint: TaskHint | null): boolean {
  return hint === null || hint.summary.endedAt !== null;
}
