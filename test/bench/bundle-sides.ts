import { join } from "node:path";
import { bundleWorker, wranglerToml } from "../../scripts/wrangler.ts";
import type { Bench } from "./bench.ts";

/** Bundles the floor and the service, both as a deploy would. */
export async function bundleSides(folder: string, signal: AbortSignal): Promise<Bench["bundles"]> {
  const floorFolder = join(import.meta.dirname, "floor");
  const config = join(floorFolder, "wrangler.toml");
  const entry = join(floorFolder, "worker.ts");
  const [floor, product] = await Promise.all([
    bundleWorker({ folder: join(folder, "floor"), config, entry, signal }),
    bundleWorker({ folder: join(folder, "product"), signal }),
  ]);
  return {
    floor: { bundle: floor, config },
    product: { bundle: product, config: wranglerToml, vars: { AUTH: "none" } },
  };
}
