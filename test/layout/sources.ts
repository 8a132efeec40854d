import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { projectFolder } from "../../scripts/folders.ts";

/** The TypeScript files of a folder of the project, as paths from the project's folder. */
export function sourceFiles(folder: string): string[] {
  const files = globSync(`${folder}/**/*.{ts,tsx}`, {
    cwd: projectFolder,
    exclude: (path) => /(^|\/)(dist|node_modules)(\/|$)/.test(path),
  });
  if (files.length === 0) throw new Error(`${join(projectFolder, folder)} has no sources`);
  return files.sort();
}

const IMPORT = /^\s*(?:import|export)\s(?:[^;]*?\sfrom\s+)?"([^"]+)";|\bimport\("([^"]+)"\)/gms;

/**
 * What a file imports or exports from elsewhere: a path from the project's folder if it is a file
 * of the project, and the name of the package otherwise.
 */
export function importsOf(file: string): string[] {
  const source = readFileSync(join(projectFolder, file), "utf8");
  return Array.from(source.matchAll(IMPORT), ([, statement, call]) => {
    const specifier = statement ?? call ?? "";
    return specifier.startsWith(".") ? normalize(join(dirname(file), specifier)) : specifier;
  });
}
