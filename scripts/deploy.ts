import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { deployRefusal } from "./deploy-refusal.ts";
import { projectFolder } from "./project-folder.ts";
import { wranglerToml } from "./wrangler-toml.ts";

/** `wrangler deploy`, unless that would put an open service on the internet. */
async function deploy(args: readonly string[]): Promise<void> {
  const refusal = deployRefusal(await readFile(configOf(args), "utf8"), args);
  if (refusal !== null) throw new Error(`not deployed: ${refusal}`);
  const wrangler = dirname(createRequire(import.meta.url).resolve("wrangler/package.json"));
  const command = [join(wrangler, "bin", "wrangler.js"), "deploy", ...args];
  const child = spawn(process.execPath, command, { cwd: projectFolder, stdio: "inherit" });
  // Ctrl-C reaches wrangler by itself; it says how that ends.
  process.on("SIGINT", () => {});
  const [code] = await once(child, "exit");
  process.exitCode = code ?? 1;
}

function configOf(args: readonly string[]): string {
  const options = { config: { type: "string", short: "c" } } as const;
  const { values } = parseArgs({ args: [...args], options, strict: false });
  return typeof values.config === "string" ? resolve(projectFolder, values.config) : wranglerToml;
}

try {
  await deploy(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
