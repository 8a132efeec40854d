import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bundleWorker } from "../../scripts/bundle-worker.ts";
import { measureTokenCost } from "./token-cost.ts";

it("checking a token adds at most 15 % to what a state read computes", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-token-"));
  const bundle = await bundleWorker({ folder: join(folder.path, "bundle") });
  const { openMs, closedMs, cpuRatio } = await measureTokenCost({
    bundle,
    folder: folder.path,
    rounds: 15,
    readsPerRound: 600,
    signal: new AbortController().signal,
  });
  expect(openMs).toBeGreaterThan(0);
  expect(closedMs).toBeGreaterThan(0);
  expect(cpuRatio).toBeLessThan(1.15);
});
