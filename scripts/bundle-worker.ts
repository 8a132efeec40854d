import { execFile } from "node:child_process";
import { join, parse } from "node:path";
import { promisify } from "node:util";
import { projectFolder } from "./project-folder.ts";
import { wranglerBin } from "./wrangler-bin.ts";
import { wranglerToml } from "./wrangler-toml.ts";

interface Options {
  /** Where the bundle goes. */
  readonly folder: string;
  /** The path of another Worker's wrangler.toml. Default: the service's. */
  readonly config?: string;
  /** The path of another entry than the one that `config` names: the lab has builds of its own. */
  readonly entry?: string;
  readonly signal?: AbortSignal;
}

/** Bundles a Worker exactly as `wrangler deploy` would; answers the bundle's path. */
export async function bundleWorker(options: Options): Promise<string> {
  const { folder, config = wranglerToml, entry, signal } = options;
  const target = ["--config", config, "--outdir", folder, ...(entry ? [entry] : [])];
  await promisify(execFile)(process.execPath, [wranglerBin, "deploy", "--dry-run", ...target], {
    cwd: projectFolder,
    ...(signal && { signal }),
    env: {
      ...process.env,
      WRANGLER_HIDE_BANNER: "true",
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_LOG_PATH: join(folder, "wrangler.log"),
    },
  });
  const { name } = parse(entry ?? "index.ts");
  return join(folder, `${name}.js`);
}
