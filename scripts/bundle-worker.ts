import { readFile } from "node:fs/promises";
import { dirname, join, parse as parsePath } from "node:path";
import { build } from "esbuild";
import { parse } from "smol-toml";
import * as v from "valibot";
import { buildConsole } from "./build-console.ts";
import { projectFolder } from "./folders.ts";

/** The path of the service's configuration. */
export const wranglerToml = join(projectFolder, "wrangler.toml");

const MAIN = v.object({ main: v.string() });

interface BundleOptions {
  /** The folder for the bundle. */
  readonly folder: string;
  /** The path of another Worker's wrangler.toml. Default: the service's. */
  readonly config?: string;
  /** The path of an entry file for builds of the lab. Default: the `main` of `config`. */
  readonly entry?: string;
}

const OFTEN_ENOUGH_MS = 60_000;

/**
 * Bundles a Worker as `wrangler deploy` does, byte for byte, but without wrangler, which takes ten times
 * as long and 60 MB. Builds the console first, as `[build]` in wrangler.toml does. Returns the bundle's
 * path.
 */
export async function bundleWorker(options: BundleOptions): Promise<string> {
  // Ctrl-C ends esbuild's process, which alone keeps Node running meanwhile: Node would exit before it
  // hears that the build has failed.
  const alive = setInterval(() => {}, OFTEN_ENOUGH_MS);
  try {
    return await buildAll(options);
  } finally {
    clearInterval(alive);
  }
}

async function buildAll(options: BundleOptions): Promise<string> {
  const { folder, config = wranglerToml } = options;
  const entry = options.entry ?? (await mainOf(config));
  const bundle = join(folder, `${parsePath(entry).name}.js`);
  await buildConsole();
  await build({
    entryPoints: [entry],
    outfile: bundle,
    absWorkingDir: projectFolder,
    bundle: true,
    conditions: ["workerd", "worker", "browser"],
    define: { "navigator.userAgent": '"Cloudflare-Workers"' },
    external: ["cloudflare:*", "node:*"],
    format: "esm",
    keepNames: true,
    logLevel: "warning",
    sourcemap: true,
    target: "es2024",
  });
  return bundle;
}

async function mainOf(config: string): Promise<string> {
  const { main } = v.parse(MAIN, parse(await readFile(config, "utf8")));
  return join(dirname(config), main);
}
