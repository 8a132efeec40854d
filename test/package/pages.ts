import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "../../scripts/folders.ts";

/** Every page for people, as a path in the project. */
export const PAGES: readonly string[] = globSync(
  ["*.md", "docs/*.md", "worker-client/*.md", "test/bench/*.md", "examples/**/*.md"],
  { cwd: projectFolder },
).sort();

/** The package's own README, which is published with it. */
export const CLIENT_README = "worker-client/README.md";

const FENCED = /^```(\w+)\n(.*?)^```$/gms;

/** The text of a page. */
export function readPage(page: string): string {
  return readFileSync(join(projectFolder, page), "utf8");
}

/** The text of a page without its code blocks. */
export function proseOf(page: string): string {
  return readPage(page).replaceAll(/^```.*?^```$/gms, "");
}

/** The code blocks of a page in one language, in order. */
export function blocksOf(page: string, language: string): readonly string[] {
  return Array.from(readPage(page).matchAll(FENCED), ([, name, code = ""]) =>
    name === language ? code : "",
  ).filter(Boolean);
}
