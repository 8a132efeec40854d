import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bundleWorker } from "../../scripts/bundle-worker.ts";
import { measureExecStart } from "./exec-start.ts";

it("exec computes at most 200 ms more than an empty program of its runtime", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-exec-start-"));
  const bundle = await bundleWorker({ folder: join(folder.path, "bundle") });
  const costs = await measureExecStart({
    bundle,
    folder: folder.path,
    rounds: 7,
    signal: new AbortController().signal,
  });
  expect(costs.map(({ runtime }) => runtime)).toEqual(["node", "deno", "bun"]);
  for (const { execMs, runtimeMs, addedCpuMs } of costs) {
    expect(execMs).toBeGreaterThan(runtimeMs);
    expect(addedCpuMs).toBeLessThan(200);
  }
});
