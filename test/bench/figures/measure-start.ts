import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NpmStart } from "../../scripts/harness.ts";
import type { Bench } from "../bench.ts";
import type { Absolute } from "./absolute.ts";

/** How long `npm start` takes until it is ready, as a user waits for it. */
export async function measureStart({ signal }: Bench): Promise<Absolute> {
  await using data = await mkdtempDisposable(join(tmpdir(), "edge-canceler-bench-"));
  const beganAtMs = performance.now();
  await using service = new NpmStart(["--port", "0", "--data", data.path]);
  const interrupt = () => service.interrupt();
  signal.addEventListener("abort", interrupt);
  await service.ready;
  const product = performance.now() - beganAtMs;
  signal.removeEventListener("abort", interrupt);
  return { name: "npm start until it is ready", unit: "ms", floor: null, product };
}
