import { globSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "../../scripts/project-folder.ts";

/** The TypeScript files of a folder of the project, as paths from the project's folder. */
export function sourceFiles(folder: string): string[] {
  const files = globSync(`${folder}/**/*.ts`, {
    cwd: projectFolder,
    exclude: (path) => /(^|\/)(dist|node_modules)(\/|$)/.test(path),
  });
  if (files.length === 0) throw new Error(`${join(projectFolder, folder)} has no sources`);
  return files.sort();
}
