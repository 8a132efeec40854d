import { spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { projectFolder, temporaryFolder } from "./folders.ts";

const HELP = `Publishes the client to npm (with provenance) and JSR, in the version that package.json has.

  npm run release -- --dry-run   does everything except the upload
  npm run release                uploads, in a CI job that may request an ID token

First make the version and its changelog entry:

  npm version minor -w worker-client
`;

const client = join(projectFolder, "worker-client");

interface Manifest {
  readonly version: string;
  readonly repository?: unknown;
  readonly bugs?: unknown;
  readonly homepage?: unknown;
}

/** Fields that need the repository's address. npm's provenance needs the first. */
const ADDRESSES = ["repository", "bugs", "homepage"] as const;

/** Returns all reasons why this version cannot be published yet. Only reads files. */
export function releaseRefusals(folder: string): readonly string[] {
  const manifest: Manifest = readJson(join(folder, "package.json"));
  const { version } = manifest;
  const jsr: Manifest = readJson(join(folder, "jsr.json"));
  const changelog = readFileSync(join(folder, "CHANGELOG.md"), "utf8");
  const refusals: string[] = [];
  if (jsr.version !== version) {
    refusals.push(`jsr.json has version ${jsr.version}, and package.json ${version}`);
  }
  if (!changelog.includes(`\n## ${version} (`)) {
    refusals.push(`CHANGELOG.md has no version ${version}: make one with npm version`);
  }
  const missing = ADDRESSES.filter((field) => manifest[field] === undefined);
  if (missing.length > 0) {
    const fields = new Intl.ListFormat("en", { type: "disjunction" }).format(missing);
    refusals.push(`package.json has no ${fields}: CONTRIBUTING.md says how to fill them in`);
  }
  return refusals;
}

/** Checks, packs and publishes the package to both registries. A dry run does all but upload it. */
function release(isDryRun: boolean): void {
  const refusals = releaseRefusals(client);
  const label = isDryRun ? "warning" : "not ready";
  for (const refusal of refusals) console.error(`${label}: ${refusal}`);
  if (refusals.length > 0 && !isDryRun) throw new Error("nothing was published");
  run("git", ["diff", "--quiet", "HEAD"], "there are uncommitted changes");
  run("npm", ["run", "check"], "the checks fail");
  const folder = temporaryFolder();
  run("npm", ["pack", "-w", "worker-client", "--pack-destination", folder], "npm pack fails");
  const { version }: Manifest = readJson(join(client, "package.json"));
  const tarball = join(folder, `edge-canceler-${version}.tgz`);
  // JSR publishes the sources in a folder, and refuses a folder with built files.
  const sources = join(folder, "jsr");
  cpSync(client, sources, { recursive: true, filter: (path) => !/\/(?:dist|cli)$/.test(path) });
  const dry = isDryRun ? ["--dry-run"] : [];
  const proof = isDryRun ? [] : ["--provenance"];
  run("npm", ["publish", tarball, "--access", "public", ...proof, ...dry], "npm refuses it");
  run("deno", ["publish", "--allow-dirty", ...dry], "JSR refuses it", sources);
  console.log(
    isDryRun
      ? `edge-canceler ${version} can be published; nothing was uploaded`
      : `published edge-canceler ${version}`,
  );
}

function run(command: string, args: readonly string[], refusal: string, cwd = projectFolder): void {
  const { status } = spawnSync(command, args, { cwd, stdio: "inherit" });
  if (status !== 0) throw new Error(`nothing was published: ${refusal}`);
}

function readJson<Content>(file: string): Content {
  return JSON.parse(readFileSync(file, "utf8"));
}

if (import.meta.main) {
  try {
    const { values } = parseArgs({
      options: { "dry-run": { type: "boolean", default: false }, help: { type: "boolean" } },
    });
    if (values.help) console.log(HELP);
    else release(values["dry-run"]);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
