import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { serveBundle } from "../../scripts/serve-bundle.ts";
import { TaskCancelledError, TaskClient } from "../../worker-client/index.ts";
import { pollingClient } from "../client/harness.ts";
import { abortOf, eventually } from "../client/suite/harness.ts";
import { freePort } from "../lab/free-port.ts";

describe("after a kill -9 of workerd and a restart on the same folder", () => {
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
  let service: Awaited<ReturnType<typeof serveBundle>>;

  async function serve(port: number): Promise<void> {
    service = await serveBundle({
      bundle: inject("bundle"),
      dataFolder: folder.path,
      port,
      vars: { AUTH: "none" },
    });
  }

  /** `stop` is a SIGKILL, which workerd cannot do anything about. */
  async function killAndRestart(meanwhile = async () => {}): Promise<void> {
    await service.stop();
    expect(service.process.signalCode).toBe("SIGKILL");
    await meanwhile();
    await serve(Number(new URL(service.url).port));
  }

  beforeEach(async () => {
    // Short pauses, but not none: nothing listens meanwhile.
    vi.spyOn(Math, "random").mockReturnValue(0.01);
    folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-restart-"));
    await serve(await freePort());
  });

  afterEach(async () => {
    await service.stop();
    await folder.remove();
    vi.restoreAllMocks();
  });

  it("a cancel that was acknowledged is there, for a read and for a watch", async () => {
    const tasks = new TaskClient({ url: service.url });
    await tasks.start("running");
    const cancelled = [
      await tasks.cancel("running", { reason: "wrong data" }),
      await tasks.cancel("unknown"),
    ];
    await killAndRestart();
    expect([await tasks.get("running"), await tasks.get("unknown")]).toEqual(cancelled);
    using watch = tasks.watch("running");
    expect(await abortOf(watch.signal)).toMatchObject({ reason: "wrong data" });
    expect(await (await fetch(`${service.url}/watch-task/unknown`)).text()).toBe("true");
  });

  it("a deadline that passed meanwhile fires", async () => {
    const tasks = new TaskClient({ url: service.url });
    await tasks.declare("1234", { timeoutSeconds: 0.5 });
    const { deadlineAt } = await tasks.start("1234");
    await killAndRestart(async () => {
      while (Date.now() < Date.parse(deadlineAt ?? "")) await new Promise(setImmediate);
    });
    // A plain look at the task would not wake anybody.
    const task = await eventually(
      () => tasks.get("1234"),
      (known) => known?.cancellation !== null,
    );
    expect(task).toMatchObject({ status: "cancelling", cancellation: { cause: "timeout" } });
  });

  it.each([
    ["long polls", pollingClient],
    ["a WebSocket", (url: string) => new TaskClient({ url })],
  ])("a watcher by %s comes back and learns of it", async (_name, clientOf) => {
    const tasks = new TaskClient({ url: service.url });
    await tasks.start("1234");
    using watch = clientOf(service.url).watch("1234");
    await eventually(
      () => tasks.get("1234"),
      (task) => task?.watchers === 1,
    );
    await killAndRestart();
    expect(watch.signal.aborted).toBe(false);
    await tasks.cancel("1234");
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
  });
});
