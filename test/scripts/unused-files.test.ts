import { mkdirSync, readdirSync, realpathSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { until } from "../../scripts/until.ts";
import { keepSweeping, sweepUnused, tidyFolder } from "../../scripts/unused-files.ts";
import { TaskClient } from "../../worker-client/index.ts";
import { NpmStart } from "./harness.ts";

const NONE: ReadonlySet<string> = new Set();

/** A data folder with the files of a few objects. */
async function newFolder() {
  const folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-unused-"));
  const objects = join(realpathSync(folder.path), "TaskObject");
  mkdirSync(objects);
  return {
    path: folder.path,
    names: () =>
      readdirSync(objects)
        .map((name) => name.replace(/^(.)\1*/, "$1"))
        .sort(),
    fileOf: (digit: string) => join(objects, `${digit.repeat(64)}.sqlite`),
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}

/** Opens an object's database as workerd does, which makes its file. */
function open(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL");
  return database;
}

function store(database: DatabaseSync): void {
  database.exec("CREATE TABLE task (value); INSERT INTO task VALUES ('cancelled')");
}

function stored(file: string): unknown {
  using database = new DatabaseSync(file);
  return database.prepare("SELECT value FROM task").get();
}

describe("a sweep of the data folder", () => {
  it("deletes the files of objects that store nothing, and no other", async () => {
    await using folder = await newFolder();
    open(folder.fileOf("a")).close();
    using inMemory = open(folder.fileOf("b"));
    const used = open(folder.fileOf("c"));
    store(used);
    used.close();
    const filesInUse = () => new Set([folder.fileOf("b")]);
    await sweepUnused(folder.path, { filesInUse, pause: async () => {} });
    expect(folder.names().filter((name) => name.endsWith(".sqlite"))).toEqual([
      "b.sqlite",
      "c.sqlite",
    ]);
    store(inMemory);
    expect(stored(folder.fileOf("b"))).toEqual({ value: "cancelled" });
  });

  it("looks at a few files however little time there is", async () => {
    await using folder = await newFolder();
    open(folder.fileOf("a")).close();
    await sweepUnused(folder.path, { filesInUse: () => NONE, pause: async () => {}, forMs: -1 });
    expect(folder.names()).toEqual([]);
  });

  it("loses nothing of an object that opens its file just before or just after it is renamed", async () => {
    await using folder = await newFolder();
    open(folder.fileOf("a")).close();
    open(folder.fileOf("b")).close();
    using before = new DatabaseSync(folder.fileOf("a"));
    let isRenamed = false;
    await sweepUnused(folder.path, {
      filesInUse: () => (isRenamed ? new Set([`${folder.fileOf("a")}.unused`]) : NONE),
      async pause() {
        isRenamed = true;
        using after = open(folder.fileOf("b"));
        store(after);
      },
    });
    store(before);
    before.close();
    expect(stored(folder.fileOf("a"))).toEqual({ value: "cancelled" });
    expect(stored(folder.fileOf("b"))).toEqual({ value: "cancelled" });
    expect(folder.names()).toEqual(["a.sqlite", "b.sqlite"]);
  });

  it("does not rename a file that is open by then, and returns one at once that is opened just then", async () => {
    await using folder = await newFolder();
    for (const digit of ["a", "b", "c"]) open(folder.fileOf(digit)).close();
    const looks = [
      [folder.fileOf("a")],
      [folder.fileOf("a"), `${folder.fileOf("b")}.unused`],
      [folder.fileOf("a"), folder.fileOf("b")],
    ];
    let names: string[] = [];
    await sweepUnused(folder.path, {
      filesInUse: () => new Set(looks.shift()),
      pause: async () => {
        names = folder.names();
      },
    });
    expect(names).toEqual(["a.sqlite", "b.sqlite", "c.sqlite.unused"]);
    expect(folder.names()).toEqual(["a.sqlite", "b.sqlite"]);
  });

  it("loses nothing if it is killed: its files get their names back before the next start", async () => {
    await using folder = await newFolder();
    const object = open(folder.fileOf("a"));
    const killed = sweepUnused(folder.path, {
      filesInUse: () => NONE,
      async pause() {
        throw new Error("killed");
      },
    });
    await expect(killed).rejects.toThrow("killed");
    // SQLite notices that its file has been renamed, so nothing is acknowledged that would be lost.
    expect(() => store(object)).toThrow("disk I/O error");
    object.close();
    expect(folder.names()).toContain("a.sqlite.unused");
    tidyFolder(folder.path);
    expect(folder.names()).toEqual(["a.sqlite"]);
  });
});

it("a sweep beside a process leaves the files alone that it has open", async () => {
  await using folder = await newFolder();
  open(folder.fileOf("a")).close();
  using inMemory = open(folder.fileOf("b"));
  const end = new AbortController();
  const sweeping = keepSweeping(folder.path, { pid: process.pid, signal: end.signal, everyMs: 0 });
  await until("one file is left", () => !folder.names().some((name) => name.startsWith("a")));
  end.abort();
  await sweeping;
  store(inMemory);
  expect(stored(folder.fileOf("b"))).toEqual({ value: "cancelled" });
});

it("npm start keeps no file of a task that was only read, watched or forgotten", async () => {
  await using data = await mkdtempDisposable(join(tmpdir(), "edge-canceler-swept-"));
  const files = () =>
    readdirSync(join(data.path, "TaskObject")).filter((name) =>
      /^[0-9a-f]{64}\.sqlite$/.test(name),
    );
  const args = ["--port", "0", "--data", data.path];
  await using first = new NpmStart(args);
  const tasks = new TaskClient({ url: await first.ready });
  await tasks.get("read");
  await tasks.cancel("forgotten");
  await tasks.forget("forgotten");
  const kept = await tasks.cancel("kept");
  const watch = tasks.watch("watched");
  await until("it is watched", () => files().length === 4);
  watch.close();
  first.interrupt();
  await first.ended;
  await using second = new NpmStart(args);
  const again = new TaskClient({ url: await second.ready });
  expect(files()).toHaveLength(1);
  expect(await again.get("kept")).toEqual(kept);
});
