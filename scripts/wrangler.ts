import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

/** Runs wrangler on this terminal, and exits with its exit code. */
export async function runWrangler(
  args: readonly string[],
  vars: Readonly<Record<string, string>> = {},
): Promise<void> {
  const wrangler = spawn(process.execPath, [wranglerBin(), ...args], {
    stdio: "inherit",
    env: { ...process.env, ...vars },
  });
  // Ctrl-C reaches wrangler as well; this process ends after it.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => wrangler.kill(signal));
  }
  const [code] = await once(wrangler, "exit");
  process.exitCode = typeof code === "number" ? code : 1;
}

/** Returns the path of wrangler's script. */
function wranglerBin(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve("wrangler/package.json");
    return join(dirname(manifest), "bin", "wrangler.js");
  } catch (cause) {
    throw new Error("wrangler is not installed: run npm ci, without --omit=dev", { cause });
  }
}

/** Returns the configuration files that wrangler's arguments name, in any spelling. */
export function namedConfigs(args: readonly string[]): string[] {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string", short: "c", multiple: true, default: [] },
      // wrangler changes to this folder before it looks for the file.
      cwd: { type: "string", default: "" },
    },
    strict: false,
  });
  return [values.config].flat().map((name) => join(textOf(values.cwd), textOf(name)));
}

/** Returns an empty name for a flag without a value, so that wrangler reports it. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value.replace(/^=/, "") : "";
}
