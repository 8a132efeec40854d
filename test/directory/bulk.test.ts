import fc from "fast-check";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { BulkOrder, StoredBulk } from "../../src/directory/bulk.ts";
import { BulkCore, type BulkPort } from "../../src/directory/bulk-core.ts";
import type { TaskHint } from "../../src/tasks/task-hint.ts";
import type { BulkCancellation, TaskSummary } from "../../worker-client/protocol-directory.ts";
import { ALL, hint, memorySql, memoryStore, NO_FILTER } from "./harness.ts";

const ORDER: BulkOrder = {
  id: "bulk",
  select: { prefix: "sweep-" },
  filter: { ...NO_FILTER, prefix: "sweep-", statuses: ["pending", "running", "cancelling"] },
  covered: ALL.covered,
  reason: "wrong data",
  gracePeriodSeconds: null,
  requestedBy: "ann",
  dryRun: false,
};

/** The object crashes, and everything that it has not stored is lost. */
class Crash extends Error {}

/**
 * Tasks, a directory of them, and a disk that survives every crash. Each task is cut off before it can
 * tell the directory what has become of it.
 */
class World {
  readonly tasks = new Map<string, TaskSummary>();
  readonly told: BulkCancellation[] = [];
  readonly #directory = memoryStore();
  readonly #disk = memorySql();
  #hasCrashed = false;
  #bulk: StoredBulk | null = null;
  /** What may happen at the next calls: true, a crash. */
  crashes: boolean[] = [];
  unreachable = new Set<string>();
  isDirectoryDown = false;
  /** Tasks that do not answer the first time. */
  readonly slow = new Set<string>();
  nowMs = 1000;
  alarmAtMs: number | null = null;

  /** Adds a task; a running one ends when it has been looked at so often. */
  add(id: string, status: "pending" | "running" | "succeeded", createdAtMs = 0): void {
    const { summary } = hint({ id, status, createdAtMs });
    const ended = { ...summary, endedAt: summary.createdAt };
    this.tasks.set(id, status === "succeeded" ? ended : summary);
    this.#directory.note(
      { ...hint({ id, createdAtMs }), summary: this.tasks.get(id) ?? summary },
      0,
    );
  }

  stop(id: string): void {
    this.#change(id, (task) => ({
      ...task,
      status: "cancelled",
      endedAt: task.createdAt,
      cancellation: task.cancellation && { ...task.cancellation, acknowledgedAt: task.createdAt },
    }));
  }

  #change(id: string, change: (task: TaskSummary) => TaskSummary): void {
    const task = this.tasks.get(id);
    if (task !== undefined) this.tasks.set(id, { ...change(task), revision: task.revision + 1 });
  }

  #hintOf(id: string): TaskHint | null {
    const summary = this.tasks.get(id);
    if (summary === undefined) return null;
    return { ...hint({ id, createdAtMs: Date.parse(summary.createdAt) }), summary };
  }

  /** What a list shows. */
  get listed(): ReadonlyMap<string, TaskSummary> {
    const { tasks } = this.#directory.scan({ ...ALL, limit: 1000 }, this.nowMs);
    return new Map(tasks.map(({ id, summary }) => [id, summary]));
  }

  #cancel(id: string): void {
    const task = this.tasks.get(id) ?? null;
    if (task === null || task.cancellation !== null || task.endedAt !== null) return;
    this.#change(id, (known) => ({
      ...known,
      status: known.status === "running" ? "cancelling" : "cancelled",
      endedAt: known.status === "running" ? null : known.createdAt,
      cancellation: {
        cause: "request",
        reason: ORDER.reason,
        requestedBy: ORDER.requestedBy,
        requestedAt: known.createdAt,
        acknowledgedAt: null,
      },
    }));
  }

  /** What was written before a call is on disk; after a crash nothing is stored any more. */
  #call(): void {
    if (!this.#hasCrashed) this.#disk.database.exec("COMMIT; BEGIN");
    if (this.crashes.shift()) this.#hasCrashed = true;
  }

  port(): BulkPort {
    return {
      sql: (query, ...values) => this.#disk.sql(query, ...values),
      now: () => this.nowMs,
      load: () => this.#bulk,
      store: (bulk) => {
        if (this.#hasCrashed) throw new Crash();
        this.#bulk = bulk;
        this.#disk.database.exec("COMMIT; BEGIN");
      },
      clear: async () => {
        this.#bulk = null;
      },
      setAlarm: async (atMs) => {
        this.alarmAtMs = atMs;
      },
      list: async (scan) => {
        this.#call();
        const { tasks, to } = this.#directory.scan({ ...scan, limit: 7 }, 0);
        return { tasks: tasks.map(({ summary }) => summary), to, asOfMs: 0 };
      },
      cancel: async ({ id }) => {
        this.#call();
        const isSlow = this.slow.delete(id);
        if (isSlow || this.unreachable.has(id)) throw new Error("it does not answer");
        this.#cancel(id);
        return this.#hintOf(id);
      },
      look: async ({ id }) => {
        this.#call();
        return this.#hintOf(id);
      },
      settle: async (asked) => {
        this.#call();
        if (this.isDirectoryDown) return [];
        this.#directory.repair(asked, this.nowMs);
        return asked;
      },
      tell: (bulk) => this.told.push(bulk),
    };
  }

  async begin(order: BulkOrder = ORDER): Promise<BulkCore> {
    this.#disk.database.exec("BEGIN");
    const core = new BulkCore(this.port());
    await core.begin(order);
    return core;
  }

  /** Rings until all is done, and starts the object anew after each crash. */
  async finish(order: BulkOrder = ORDER): Promise<BulkCancellation> {
    let core = await this.begin(order);
    for (let turns = 0; turns < 2000; turns++) {
      const isAlive = await this.#ring(core);
      if (!isAlive) core = new BulkCore(this.port());
      const bulk = core.read();
      if (bulk?.status === "done") return bulk;
      this.nowMs += 1000;
      for (const { id, status } of this.tasks.values()) if (status === "cancelling") this.stop(id);
    }
    throw new Error("it never ends");
  }

  /** Whether it has gone well. What was not stored before a crash is lost. */
  async #ring(core: BulkCore): Promise<boolean> {
    await core.ring();
    if (!this.#hasCrashed) return true;
    this.#hasCrashed = false;
    this.#disk.database.exec("ROLLBACK; BEGIN");
    return false;
  }
}

function world(tasks: number): World {
  const made = new World();
  for (let index = 0; index < tasks; index++) {
    made.add(`sweep-${index}`, index % 2 === 0 ? "running" : "pending");
    made.add(`other-${index}`, "running");
  }
  return made;
}

// It says on stderr that a turn has failed, which is the point here.
beforeAll(() => {
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  return () => said.mockRestore();
});

describe("a bulk cancel", () => {
  it("cancels what it selects, and nothing else, and counts to the end", async () => {
    const made = world(30);
    made.add("sweep-ended", "succeeded");
    made.add("sweep-later", "running", 5000);
    const done = await made.finish();
    expect(done).toMatchObject({ status: "done", matched: 30, requested: 30, ended: 30 });
    expect(done).toMatchObject({ acknowledged: 15, isMatched: true, requestedBy: "ann" });
    const touched = [...made.tasks.values()].filter(({ cancellation }) => cancellation !== null);
    expect(touched.map(({ id }) => id).every((id) => /^sweep-\d+$/.test(id))).toBe(true);
  });

  it("counts the same whatever crashes it goes through", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 60 }), async (crashes) => {
        const made = world(20);
        made.crashes = crashes;
        const done = await made.finish();
        expect(done).toMatchObject({ matched: 20, requested: 20, ended: 20 });
        expect(made.listed).toEqual(made.tasks);
      }),
      { numRuns: 50 },
    );
  });

  it("counts the same at whichever call it crashes, also of tasks that did not answer at first", async () => {
    for (let calls = 0; calls < 60; calls++) {
      const made = world(20);
      made.crashes = [...Array.from({ length: calls }, () => false), true];
      for (let index = 0; index < 20; index += 3) made.slow.add(`sweep-${index}`);
      const done = await made.finish();
      expect(done, `call ${calls}`).toMatchObject({ matched: 20, requested: 20, ended: 20 });
      expect(made.listed, `call ${calls}`).toEqual(made.tasks);
    }
  });

  it("cancels without the directory what it has found, and is done once that shows all ends", async () => {
    const made = world(7);
    const core = await made.begin();
    await core.ring();
    made.isDirectoryDown = true;
    for (let turns = 0; turns < 5; turns++) await core.ring();
    const hasCancel = ({ cancellation }: TaskSummary) => cancellation !== null;
    expect([...made.tasks.values()].filter(hasCancel)).toHaveLength(7);
    expect(core.read()).toMatchObject({ status: "running", matched: 7, ended: 0 });
    made.isDirectoryDown = false;
    for (const id of made.tasks.keys()) if (id.startsWith("sweep-")) made.stop(id);
    for (let turns = 0; turns < 5; turns++) await core.ring();
    expect(core.read()).toMatchObject({ status: "done", matched: 7, requested: 7, ended: 7 });
    expect(made.listed).toEqual(made.tasks);
  });

  it("asks a task again that does not answer, and goes on with the others", async () => {
    const said = vi.spyOn(console, "error").mockClear();
    const made = world(10);
    made.unreachable.add("sweep-3");
    const core = await made.begin();
    for (let turns = 0; turns < 30; turns++) {
      await core.ring();
      for (const { id, status } of made.tasks.values()) if (status === "cancelling") made.stop(id);
    }
    expect(core.read()).toMatchObject({ status: "running", matched: 10, requested: 9, ended: 9 });
    expect(JSON.parse(said.mock.calls[0]?.[0])).toMatchObject({
      event: "check_failed",
      taskId: "sweep-3",
      error: "Error: it does not answer",
    });
    made.unreachable.clear();
    for (let turns = 0; turns < 5; turns++) await core.ring();
    expect(core.read()).toMatchObject({ status: "done", requested: 10, ended: 10 });
  });

  it("looks less and less often while none ends, although it sleeps in between", async () => {
    const made = world(1);
    let core = await made.begin();
    while (core.read()?.requested !== 1) await core.ring();
    const pausesMs: number[] = [];
    while (pausesMs.length < 10) {
      await core.ring();
      const pauseMs = (made.alarmAtMs ?? 0) - made.nowMs;
      if (pauseMs === 0) continue;
      pausesMs.push(pauseMs);
      made.nowMs += pauseMs;
      core = new BulkCore(made.port());
    }
    expect(pausesMs).toEqual([250, 250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it("looks through its table for found tasks when it wakes, and when a turn has failed", async () => {
    const made = world(30);
    await made.begin();
    const port = made.port();
    let looks = 0;
    let isDown = false;
    const core = new BulkCore({
      ...port,
      sql: (query, ...values) => {
        if (query.includes("WHERE state = 'found'")) looks += 1;
        return port.sql(query, ...values);
      },
      list: async (scan) => {
        if (isDown) throw new Error("the directory is down");
        return port.list(scan);
      },
    });
    for (let turns = 0; turns < 4; turns++) await core.ring();
    isDown = true;
    await core.ring();
    isDown = false;
    for (let turns = 0; turns < 20; turns++) await core.ring();
    expect(core.read()).toMatchObject({ matched: 30, requested: 30, ended: 15 });
    expect(looks).toBe(2);
  });

  it("on trial cancels nothing", async () => {
    const made = world(10);
    const done = await made.finish({ ...ORDER, dryRun: true });
    expect(done).toMatchObject({ status: "done", matched: 10, requested: 0, ended: 0 });
    expect([...made.tasks.values()].every(({ cancellation }) => cancellation === null)).toBe(true);
  });

  it("takes a task that is forgotten meanwhile for ended, and makes none of its id", async () => {
    const made = world(4);
    made.tasks.delete("sweep-2");
    const done = await made.finish();
    expect(done).toMatchObject({ matched: 4, requested: 3, ended: 4 });
    expect(made.tasks.has("sweep-2")).toBe(false);
    expect(made.listed.has("sweep-2")).toBe(false);
  });

  it("is read with one look at its row, and with no more of its order than decides who may read it", async () => {
    const made = world(1);
    await made.finish();
    const port = made.port();
    const load = vi.fn(port.load);
    const reading = new BulkCore({ ...port, load }).reading();
    const { filter, covered } = ORDER;
    expect(reading).toEqual({ bulk: expect.objectContaining({ matched: 1 }), filter, covered });
    expect(load).toHaveBeenCalledTimes(1);
  });

  it("is forgotten a week after its end", async () => {
    const made = world(1);
    await made.finish();
    const core = new BulkCore(made.port());
    await core.ring();
    expect(core.read()?.status).toBe("done");
    made.nowMs = made.alarmAtMs ?? 0;
    await core.ring();
    expect(core.read()).toBeNull();
  });
});
