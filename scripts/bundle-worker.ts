import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { projectFolder } from "./project-folder.ts";

/** Bundles the Worker into a folder exactly as `wrangler deploy` would; answers the bundle's path. */
export async function bundleWorker(folder: string, signal?: AbortSignal): Promise<string> {
  const wrangler = dirname(createRequire(import.meta.url).resolve("wrangler/package.json"));
  await promisify(execFile)(
    process.execPath,
    [join(wrangler, "bin", "wrangler.js"), "deploy", "--dry-run", "--outdir", folder],
    {
      cwd: projectFolder,
      ...(signal && { signal }),
      env: {
        ...process.env,
        WRANGLER_HIDE_BANNER: "true",
        WRANGLER_SEND_METRICS: "false",
        WRANGLER_LOG_PATH: join(folder, "wrangler.log"),
      },
    },
  );
  return join(folder, "index.js");
}
