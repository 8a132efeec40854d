import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorker } from "../../../scripts/wrangler.ts";
import type { Lab } from "./lab.ts";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Bundles the metered service and the naive Worker to compare it with. */
export async function bundleBuilds(folder: string, signal?: AbortSignal): Promise<Lab["bundles"]> {
  const options = signal ? { signal } : {};
  return {
    service: await bundleWorker({
      folder: join(folder, "service"),
      entry: path("metered/index.ts"),
      ...options,
    }),
    naive: await bundleWorker({
      folder: join(folder, "naive"),
      entry: path("naive/index.ts"),
      config: path("naive/wrangler.toml"),
      ...options,
    }),
  };
}
