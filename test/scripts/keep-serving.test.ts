import { once } from "node:events";
import { mkdtempDisposable } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { until } from "../../scripts/until.ts";
import { TaskCancelledError, TaskClient } from "../../worker-client/index.ts";
import { abortOf } from "../client/suite/harness.ts";
import { freePort } from "../lab/free-port.ts";
import { NpmStart, workerdOf } from "./harness.ts";

const OPEN_FILES = 256;

function newFolder() {
  return mkdtempDisposable(join(tmpdir(), "edge-canceler-keep-"));
}

describe("a workerd that ends by itself is started again on its port, loudly", () => {
  it("and has all that it had acknowledged", async () => {
    await using data = await newFolder();
    await using service = new NpmStart(["--port", String(await freePort()), "--data", data.path]);
    const url = await service.ready;
    const tasks = new TaskClient({ url });
    await tasks.start("1234");
    const before = await tasks.cancel("1234");
    const workerd = await workerdOf(data.path);
    process.kill(workerd, "SIGKILL");
    await until("another workerd serves", async () => (await workerdOf(data.path)) !== workerd);
    expect(await tasks.get("1234")).toEqual(before);
    service.interrupt();
    const { code, stderr } = await service.ended;
    expect(stderr).toBe(
      `workerd ended by itself (SIGKILL): starting it again in 0.5 s\nserving again on ${url}\n`,
    );
    expect(code).toBe(0);
  });

  it("when somebody opens more connections than it may have, and a watcher hears of a later cancel", async () => {
    await using data = await newFolder();
    await using service = new NpmStart(["--port", String(await freePort()), "--data", data.path], {
      openFiles: OPEN_FILES,
    });
    const url = new URL(await service.ready);
    const tasks = new TaskClient({ url: url.origin });
    await tasks.start("1234");
    const before = await tasks.cancel("acknowledged");
    using watch = tasks.watch("1234");
    const workerd = await workerdOf(data.path);
    const idle = Array.from({ length: OPEN_FILES }, () => connect(Number(url.port), url.hostname));
    await Promise.all(idle.map((socket) => once(socket, "close").catch(() => {})));
    await until("another workerd serves", async () => (await workerdOf(data.path)) !== workerd);
    expect(await tasks.get("acknowledged")).toEqual(before);
    expect(watch.signal.aborted).toBe(false);
    await tasks.cancel("1234");
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
    service.interrupt();
    const { stderr } = await service.ended;
    expect(stderr).toMatch(/^only 256 files may be open at once \(ulimit -n\): /);
    expect(stderr).toContain("Too many open files");
    expect(stderr).toContain("workerd ended by itself (exit code 1): starting it again in 0.5 s");
  });
});
