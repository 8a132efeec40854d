import { mkdtempDisposable, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bundleWorker } from "../../scripts/bundle-worker.ts";
import { npmRun } from "./harness.ts";

it("serves here what a deploy serves there: the bundle is wrangler's, byte for byte", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-bundle-"));
  const ours = await bundleWorker({ folder: join(folder.path, "ours") });
  const theirs = join(folder.path, "theirs");
  const { code } = await npmRun("deploy", ["--dry-run", "--outdir", theirs]);
  expect(code).toBe(0);
  expect(await readFile(ours, "utf8")).toBe(await readFile(join(theirs, "index.js"), "utf8"));
});
