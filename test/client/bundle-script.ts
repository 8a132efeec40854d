import { basename, join } from "node:path";
import { build } from "esbuild";
import { projectFolder } from "../../scripts/project-folder.ts";

/**
 * Bundles a script, with the client as it is published, into a folder, so that any runtime can run
 * it; answers the bundle's path.
 */
export async function bundleScript(script: string, folder: string): Promise<string> {
  const outfile = join(folder, basename(script).replace(/\.ts$/, ".mjs"));
  await build({
    entryPoints: [join(projectFolder, "test/client", script)],
    outfile,
    bundle: true,
    format: "esm",
    target: "es2022",
    // Not the project's own, which leads to the client's sources.
    tsconfigRaw: {},
    logLevel: "silent",
  });
  return outfile;
}
