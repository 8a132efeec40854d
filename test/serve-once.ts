import { mkdir, mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { bundleWorker } from "../scripts/bundle-worker.ts";
import { serveBundle } from "../scripts/serve-bundle.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The service as `wrangler deploy` would bundle it: the path of the file. */
    bundle: string;
    /** Where the service listens that all test files share; each test has task ids of its own. */
    serviceUrl: string;
  }
}

/** Bundles the service once, and serves it while the tests on Node run. */
export default async function serveOnce(project: TestProject): Promise<() => Promise<void>> {
  await using end = new AsyncDisposableStack();
  const folder = end.use(await mkdtempDisposable(join(tmpdir(), "edge-canceler-test-")));
  const dataFolder = join(folder.path, "data");
  await mkdir(dataFolder);
  const bundle = await bundleWorker({ folder: join(folder.path, "bundle") });
  const service = await serveBundle({ bundle, dataFolder, port: 0, vars: { AUTH: "none" } });
  end.defer(() => service.stop());
  project.provide("bundle", bundle);
  project.provide("serviceUrl", service.url);
  const later = end.move();
  return () => later.disposeAsync();
}
