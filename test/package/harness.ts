import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectFolder } from "../../scripts/folders.ts";

/** The folder of the package: its sources, what is built of them in dist, and what describes it. */
export const clientFolder = join(projectFolder, "worker-client");

interface Packed {
  /** The path of the tarball. */
  readonly tarball: string;
  readonly files: readonly string[];
}

/** Packs the package as it is built, as npm would publish it. */
export function packClient(folder: string): Packed {
  const answer = execFileSync(
    "npm",
    ["pack", "--json", "--ignore-scripts", "--workspaces=false", "--pack-destination", folder],
    // A home of its own, so that the settings of the person who runs the tests do not matter.
    { cwd: clientFolder, encoding: "utf8", env: { ...process.env, HOME: folder } },
  );
  const [packed]: { filename: string; files: { path: string }[] }[] = JSON.parse(answer);
  if (packed === undefined) throw new Error(`npm pack answered ${answer}`);
  return {
    tarball: join(folder, packed.filename),
    files: packed.files.map(({ path }) => path),
  };
}

/**
 * Installs the packed package into a new project in a folder, as anybody would but without
 * a network: what it needs is in the tarball. Returns the project's folder.
 */
export async function installClient(folder: string): Promise<string> {
  const { tarball } = packClient(folder);
  const project = join(folder, "project");
  await mkdir(project);
  await writeFile(join(project, "package.json"), JSON.stringify({ type: "module" }));
  execFileSync("npm", ["install", "--offline", "--no-audit", tarball], {
    cwd: project,
    env: { ...process.env, HOME: folder, npm_config_cache: join(folder, "cache") },
  });
  return project;
}
