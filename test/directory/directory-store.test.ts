import { describe, expect, it } from "vitest";
import { DirectoryStore } from "../../src/directory/directory-store.ts";
import {
  fromCursor,
  type Position,
  type Scan,
  type Scanned,
  toCursor,
} from "../../src/directory/query.ts";
import { ALL, hint, memorySql, memoryStore, NO_FILTER } from "./harness.ts";

const DAY_MS = 86_400_000;

function idsIn(store: DirectoryStore, scan: Partial<Scan> = {}, nowMs = 0): string[] {
  return store.scan({ ...ALL, ...scan }, nowMs).tasks.map(({ id }) => id);
}

/** All pages of a list. */
function pagesOf(store: DirectoryStore, scan: Partial<Scan>, nowMs = 0): string[][] {
  const pages: string[][] = [];
  let after: Position | null = null;
  do {
    const page = store.scan({ ...ALL, ...scan, after }, nowMs);
    pages.push(page.tasks.map(({ id }) => id));
    after = page.to;
  } while (after !== null);
  return pages;
}

describe("a row", () => {
  it("is what the newest hint says, in whatever order they come", () => {
    const store = memoryStore();
    store.note(hint({ id: "a", revision: 3, status: "cancelling" }), 30);
    store.note(hint({ id: "a", revision: 2, status: "running" }), 40);
    const { tasks } = store.scan(ALL, 50);
    expect(tasks).toMatchObject([
      { heardAtMs: 30, summary: { revision: 3, status: "cancelling" } },
    ]);
    store.note(hint({ id: "a", revision: 4, status: "succeeded" }), 60);
    expect(store.scan(ALL, 60).tasks).toMatchObject([{ summary: { status: "succeeded" } }]);
  });

  it("is gone once the task is forgotten, but not the row of a newer one", () => {
    const store = memoryStore();
    store.note(hint({ id: "a", revision: 5 }), 0);
    store.remove({ id: "a", createdAtMs: 0, revision: 4 });
    store.remove({ id: "a", createdAtMs: 3 * DAY_MS, revision: 9 });
    expect(idsIn(store)).toEqual(["a"]);
    store.remove({ id: "a", createdAtMs: 0, revision: 5 });
    expect(idsIn(store)).toEqual([]);
  });

  it("does not come back with what was said before the task was forgotten, and arrives later", () => {
    const store = memoryStore();
    store.remove({ id: "a", createdAtMs: 0, revision: 5 });
    store.note(hint({ id: "a", revision: 5 }), 0);
    store.repair(
      [{ listed: { id: "a", createdAtMs: 0, revision: 3 }, hint: hint({ id: "a", revision: 4 }) }],
      0,
    );
    expect(idsIn(store)).toEqual([]);
    store.note(hint({ id: "a", revision: 1, createdAtMs: 10 }), 10);
    expect(idsIn(store)).toEqual(["a"]);
  });

  it("is not shown once the retention of its task is over", () => {
    const store = memoryStore();
    store.note(hint({ id: "a", status: "failed", endedAtMs: 0, forgetAtMs: 100 }), 0);
    expect(idsIn(store, {}, 99)).toEqual(["a"]);
    expect(idsIn(store, {}, 100)).toEqual([]);
  });
});

describe("a task that was asked", () => {
  const listed = { id: "a", createdAtMs: 0, revision: 2 };

  it("is written again only if it had changed", () => {
    const { sql, database } = memorySql();
    const store = new DirectoryStore(sql, 0);
    store.note(hint({ id: "a", revision: 2 }), 0);
    const changes = () => database.prepare("SELECT total_changes() AS n").get()?.["n"];
    const before = changes();
    store.repair([{ listed, hint: hint({ id: "a", revision: 2 }) }], 70);
    expect(changes()).toBe(before);
    expect(store.scan(ALL, 70).tasks).toMatchObject([{ heardAtMs: 70 }]);
    store.repair([{ listed, hint: hint({ id: "a", revision: 3, status: "running" }) }], 80);
    expect(store.scan(ALL, 80).tasks).toMatchObject([
      { heardAtMs: 80, summary: { status: "running" } },
    ]);
  });

  it("is taken out if it is not known, or is another task of that id, which comes in", () => {
    const store = memoryStore();
    store.note(hint({ id: "a", revision: 2 }), 0);
    store.repair([{ listed, hint: hint({ id: "a", revision: 9, createdAtMs: DAY_MS }) }], 0);
    expect(store.scan(ALL, 0).tasks).toMatchObject([{ id: "a", createdAtMs: DAY_MS }]);
    store.repair([{ listed: { ...listed, createdAtMs: DAY_MS, revision: 9 }, hint: null }], 0);
    expect(idsIn(store)).toEqual([]);
  });
});

it("a row is from before until the task is heard of again, or was asked", () => {
  const { sql } = memorySql();
  const before = new DirectoryStore(sql, 0);
  for (const id of ["a", "b", "c"]) before.note(hint({ id, revision: 1 }), 10);
  const store = new DirectoryStore(sql, 20);
  store.note(hint({ id: "a", revision: 2 }), 20);
  const listed = { id: "b", createdAtMs: 0, revision: 1 };
  store.repair([{ listed, hint: hint({ id: "b", revision: 1 }) }], 30);
  const isFromBefore = store.scan(ALL, 40).tasks.map((task) => [task.id, task.isFromBefore]);
  expect(isFromBefore).toEqual([
    ["c", true],
    ["b", false],
    ["a", false],
  ]);
});

describe("a list", () => {
  it("goes back from day to day, newest first", () => {
    const store = memoryStore();
    const ids = ["a", "b", "c", "d", "e"];
    for (const [index, id] of ids.entries()) {
      store.note(hint({ id, createdAtMs: Math.floor(index / 2) * 2 * DAY_MS }), 0);
    }
    expect(idsIn(store)).toEqual(["e", "d", "c", "b", "a"]);
    expect(pagesOf(store, { limit: 2 })).toEqual([["e", "d"], ["c", "b"], ["a"]]);
    const filter = { ...NO_FILTER, createdAfterMs: 0 };
    expect(idsIn(store, { filter })).toEqual(["e", "d", "c"]);
  });

  it("is the same after the object has slept", () => {
    const { sql } = memorySql();
    const store = new DirectoryStore(sql, 0);
    for (const day of [9, 10, 11]) store.note(hint({ id: `${day}`, createdAtMs: day * DAY_MS }), 0);
    expect(idsIn(new DirectoryStore(sql, 1))).toEqual(["11", "10", "9"]);
  });

  it("has what passes: status, queue, prefix, and what the token names", () => {
    const store = memoryStore();
    store.note(hint({ id: "train-1", status: "running", queue: "gpu" }), 0);
    store.note(hint({ id: "train-2", status: "pending", queue: "gpu" }), 0);
    store.note(hint({ id: "train~", status: "running" }), 0);
    store.note(hint({ id: "trail", status: "running", queue: "cpu" }), 0);
    const only = (filter: Partial<typeof NO_FILTER>) =>
      idsIn(store, { filter: { ...NO_FILTER, ...filter } });
    expect(only({ statuses: ["running"] })).toEqual(["train~", "train-1", "trail"]);
    store.note(hint({ id: "child", parent: "trail" }), 0);
    expect(only({ parent: "trail" })).toEqual(["child"]);
    store.remove({ id: "child", createdAtMs: 0, revision: 1 });
    expect(only({ queue: "gpu" })).toEqual(["train-2", "train-1"]);
    expect(only({ prefix: "train" })).toEqual(["train~", "train-2", "train-1"]);
    expect(only({ prefix: "train", statuses: ["running"], queue: "gpu" })).toEqual(["train-1"]);
    const covered = { tasks: ["trail", "train-2*"], queues: [] };
    expect(idsIn(store, { covered })).toEqual(["train-2", "trail"]);
    expect(idsIn(store, { covered: { tasks: [], queues: ["c*"] } })).toEqual(["trail"]);
  });

  it("also has a task that should have changed by now, whatever its row says", () => {
    const store = memoryStore();
    store.note(hint({ id: "a", status: "cancelling", dueAtMs: 10 }), 0);
    const filter = { ...NO_FILTER, statuses: ["cancelled"] as const };
    expect(idsIn(store, { filter }, 10)).toEqual([]);
    expect(idsIn(store, { filter }, 11)).toEqual(["a"]);
  });

  it("looks through a bounded number of rows at a time, however little it finds", () => {
    const { sql } = memorySql();
    const store = new DirectoryStore(sql, 0);
    store.note(hint({ id: "needle", createdAtMs: 0 }), 0);
    for (let index = 0; index < 4500; index++) {
      store.note(hint({ id: `hay-${index}`, createdAtMs: 1 + index + (index % 3) * DAY_MS }), 0);
    }
    const filter = { ...NO_FILTER, prefix: "needle" };
    expect(pagesOf(store, { filter })).toEqual([[], [], ["needle"]]);
    const covered = { tasks: ["needle"], queues: [] };
    expect(pagesOf(store, { covered })).toEqual([[], [], ["needle"]]);
  });

  it("ends its pages at no task that the token does not cover, and skips none", () => {
    const { sql } = memorySql();
    const store = new DirectoryStore(sql, 0);
    for (let index = 0; index < 4500; index++) {
      const id = index % 1000 === 0 ? `mine-${index}` : `theirs-${index}`;
      store.note(hint({ id, createdAtMs: Math.floor(index / 3) }), 0);
    }
    const covered = { tasks: ["mine-*"], queues: [] };
    const pages: Scanned[] = [];
    do pages.push(store.scan({ ...ALL, covered, after: pages.at(-1)?.to ?? null }, 0));
    while (pages.at(-1)?.to !== null);
    expect(pages.map(({ tasks }) => tasks.map(({ id }) => id))).toEqual([
      ["mine-4000", "mine-3000"],
      ["mine-2000", "mine-1000"],
      ["mine-0"],
    ]);
    for (const { to } of pages) {
      const cursor = to && fromCursor(toCursor(to));
      expect(cursor).toEqual(to);
      expect(cursor?.id ?? "").not.toContain("theirs");
    }
  });
});

describe("counts", () => {
  it("are of the tasks that are known, and are kept for a while", () => {
    const store = memoryStore();
    store.note(hint({ id: "a", status: "running", queue: "gpu" }), 0);
    store.note(hint({ id: "b", status: "running", queue: "gpu" }), 0);
    store.note(hint({ id: "c", status: "failed", endedAtMs: 0, forgetAtMs: 10 }), 0);
    const gpu = { status: "running", queue: "gpu", tasks: 2 };
    const failed = { status: "failed", queue: null, tasks: 1 };
    expect(store.count(0)).toEqual({ counts: [failed, gpu], countedAtMs: 0 });
    store.note(hint({ id: "b", status: "pending", queue: "gpu", revision: 2 }), 0);
    expect(store.count(4999)).toEqual({ counts: [failed, gpu], countedAtMs: 0 });
    const pending = { status: "pending", queue: "gpu", tasks: 1 };
    expect(store.count(5000).counts).toEqual([pending, { ...gpu, tasks: 1 }]);
  });

  it("are kept the longer, the more rows they had to read", () => {
    const store = memoryStore();
    const declare = (number: number) => store.note(hint({ id: `task-${number}` }), 0);
    for (let number = 0; number < 6000; number++) declare(number);
    const { counts } = store.count(0);
    declare(6000);
    expect(store.count(5999).counts).toEqual(counts);
    expect(store.count(6000).counts).toEqual([{ ...counts[0], tasks: 6001 }]);
  });
});

describe("a sweep", () => {
  it("drops a day once all of its tasks are forgotten", () => {
    const { sql, database } = memorySql();
    const store = new DirectoryStore(sql, 0);
    const tables = () => database.prepare("SELECT name FROM sqlite_master").all().length;
    const ended = { status: "failed", endedAtMs: 1, forgetAtMs: 3 * DAY_MS } as const;
    store.note(hint({ id: "a", createdAtMs: 1, ...ended }), 0);
    store.note(hint({ id: "b", createdAtMs: DAY_MS }), 0);
    store.sweep(3 * DAY_MS - 1);
    expect([tables(), idsIn(store)]).toEqual([2, ["b", "a"]]);
    store.sweep(3 * DAY_MS);
    expect([tables(), idsIn(store)]).toEqual([1, ["b"]]);
    store.note(hint({ id: "c", createdAtMs: 2 }), 0);
    expect(idsIn(store)).toEqual(["b", "c"]);
  });

  it("takes out rows of a day that one task has held back for four weeks", () => {
    const { sql, database } = memorySql();
    const store = new DirectoryStore(sql, 0);
    const rows = () => database.prepare("SELECT count(*) AS n FROM day_0").get()?.["n"];
    store.note(hint({ id: "a" }), 0);
    store.note(hint({ id: "b", status: "failed", endedAtMs: 1, forgetAtMs: 2 }), 0);
    store.sweep(28 * DAY_MS);
    expect(rows()).toBe(2);
    store.sweep(29 * DAY_MS);
    expect([rows(), idsIn(store, {}, 29 * DAY_MS)]).toEqual([1, ["a"]]);
  });
});
