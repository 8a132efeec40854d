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

/** A fenced block of a page: code, or a drawing, which names no language. */
export interface Block {
  readonly page: string;
  readonly language: string;
  readonly code: string;
}

const FENCED = /^```(\w*)\n(.*?)^```$/gms;

/** The text of a page. */
export function readPage(page: string): string {
  return readFileSync(join(projectFolder, page), "utf8");
}

/** The text of a page without its code blocks. */
export function proseOf(page: string): string {
  return readPage(page).replaceAll(/^```.*?^```$/gms, "");
}

/** The blocks of a page, in order. */
export function blocksOf(page: string): readonly Block[] {
  return Array.from(readPage(page).matchAll(FENCED), ([, language = "", code = ""]) => ({
    page,
    language,
    code,
  }));
}

/**
 * The code of the one block of a page that has these words in it. A test that runs or checks a block
 * takes it in this way, with both arguments written out: blocks.test.ts reads the tests, and holds
 * that no block is left over.
 */
export function block(page: string, words: string): string {
  const [found, ...more] = blocksOf(page).filter(({ code }) => code.includes(words));
  if (found === undefined || more.length > 0) {
    throw new Error(`${page} has ${more.length + (found ? 1 : 0)} blocks with ${words} in them`);
  }
  return found.code;
}
