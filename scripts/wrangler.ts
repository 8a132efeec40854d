import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join, parse } from "node:path";
import { parseArgs, promisify } from "node:util";
import { projectFolder } from "./folders.ts";

/** The path of the service's own configuration. */
export const wranglerToml = join(projectFolder, "wrangler.toml");

/** The path of wrangler's program, which Node runs. */
export const wranglerBin = join(
  dirname(createRequire(import.meta.url).resolve("wrangler/package.json")),
  "bin",
  "wrangler.js",
);

interface BundleOptions {
  /** Where the bundle goes. */
  readonly folder: string;
  /** The path of another Worker's wrangler.toml. Default: the service's. */
  readonly config?: string;
  /** The path of another entry than the one that `config` names: the lab has builds of its own. */
  readonly entry?: string;
  readonly signal?: AbortSignal;
}

/** Bundles a Worker exactly as `wrangler deploy` would; answers the bundle's path. */
export async function bundleWorker(options: BundleOptions): Promise<string> {
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

/** The configuration files that arguments for wrangler name, in any spelling. */
export function namedConfigs(args: readonly string[]): string[] {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string", short: "c", multiple: true, default: [] },
      // wrangler goes there before it looks for the file.
      cwd: { type: "string", default: "" },
    },
    strict: false,
  });
  return [values.config].flat().map((name) => join(textOf(values.cwd), textOf(name)));
}

/** A flag without a value is for wrangler to complain of: no file is called so. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value.replace(/^=/, "") : "";
}
