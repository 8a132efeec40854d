import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packClient } from "./pack-client.ts";

/**
 * Installs the packed package into a new project inside of a folder, as anybody would but without
 * a network: what it needs is in the tarball. Answers the project's folder.
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
