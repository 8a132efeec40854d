import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { parse } from "smol-toml";
import { wranglerToml } from "./bundle-worker.ts";
import { argumentsRefusal, configRefusal } from "./settings.ts";
import { namedConfigs, runWrangler } from "./wrangler.ts";

const HELP = `Deploys the service with wrangler deploy, unless the arguments or wrangler.toml would open it to everybody
(AUTH = "none") or publish its secret (AUTH_SECRET). All arguments go to wrangler:

  npm run deploy -- --dry-run         bundles, and stops there
  npm run deploy -- --env staging
`;

/**
 * Runs `wrangler deploy`, unless that would open the service to everybody or publish its secret. Always
 * names the configuration file, so that the file that was checked is the one that is deployed.
 */
async function deploy(args: readonly string[]): Promise<void> {
  if (args.includes("--help")) console.log(HELP);
  const named = namedConfigs(args);
  for (const file of named.length > 0 ? named : [wranglerToml]) {
    refuse(configRefusal(basename(file), await readConfig(file)));
  }
  refuse(argumentsRefusal(args));
  const config = named.length > 0 ? [] : ["--config", wranglerToml];
  await runWrangler(["deploy", ...config, ...args]);
}

function refuse(refusal: string | null): void {
  if (refusal !== null) throw new Error(`not deployed: ${refusal}`);
}

async function readConfig(file: string): Promise<unknown> {
  if (!file.endsWith(".toml")) {
    throw new Error(`not deployed: only a .toml file can be checked first, not "${file}"`);
  }
  try {
    return parse(await readFile(file, "utf8"));
  } catch (cause) {
    const [why] = cause instanceof Error ? cause.message.split("\n") : [cause];
    throw new Error(`not deployed: ${file} cannot be read (${why})`, { cause });
  }
}

try {
  await deploy(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
