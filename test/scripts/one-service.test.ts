import { mkdtempDisposable, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { NpmStart, workerdOf } from "./harness.ts";
import { isAlive } from "./processes.ts";

function newFolder() {
  return mkdtempDisposable(join(tmpdir(), "edge-canceler-one-"));
}

function kill(pids: readonly number[]): void {
  for (const pid of pids) process.kill(pid, "SIGKILL");
}

describe("a folder takes one service at a time", () => {
  it("while one runs, and no longer", async () => {
    await using data = await newFolder();
    const args = ["--port", "0", "--data", data.path];
    await using first = new NpmStart(args);
    await first.ready;
    await using second = new NpmStart(args);
    expect(await second.ended).toEqual({
      code: 1,
      stdout: "",
      stderr: `another service uses ${data.path}: choose another folder with --data DIR\n`,
    });
    first.interrupt();
    await first.ended;
    await using third = new NpmStart(args);
    expect(await third.ready).toContain("http://127.0.0.1:");
  });

  it("after kill -9: its workerd ends with it, and the next has every cancel and tidies up", async () => {
    await using data = await newFolder();
    await using temporary = await newFolder();
    const args = ["--port", "0", "--data", data.path];
    await using first = new NpmStart(args, { temporaryFolder: temporary.path });
    const tasks = new TaskClient({ url: await first.ready });
    await tasks.start("1234");
    const [npm = 0, start = 0] = first.processes();
    const workerd = await workerdOf(data.path);
    expect([npm, start]).not.toContain(workerd);
    const before = await tasks.cancel("1234", { reason: "wrong data" });
    kill([npm, start]);
    await using second = new NpmStart(args);
    const url = await second.ready;
    expect(isAlive(workerd)).toBe(false);
    expect(await new TaskClient({ url }).get("1234")).toEqual(before);
    await first.ended;
    second.interrupt();
    await second.ended;
    const inBoth = [...(await readdir(data.path)), ...(await readdir(temporary.path))];
    expect(inBoth.filter((name) => /bundle|edge-canceler/.test(name))).toEqual([]);
  });

  it("after kill -9 of all but workerd: the next service is told what to end", async () => {
    await using data = await newFolder();
    const args = ["--port", "0", "--data", data.path];
    await using first = new NpmStart(args);
    const url = await first.ready;
    const workerd = await workerdOf(data.path);
    const others = first.processes().filter((pid) => pid !== workerd);
    // The guard, which would end workerd, comes first.
    kill(others.toReversed());
    expect((await fetch(`${url}/ping`)).status).toBe(200);
    await using second = new NpmStart(args);
    expect(await second.ended).toEqual({
      code: 1,
      stdout: "",
      stderr: `a workerd whose npm start was killed still serves ${data.path}: end it with kill -9 ${workerd}\n`,
    });
    kill([workerd]);
    await using third = new NpmStart(args);
    expect(await third.ready).toContain("http://127.0.0.1:");
    await first.ended;
  });
});
