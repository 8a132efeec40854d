import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { sourceFiles } from "./sources.ts";

const SOURCES = ["src", "worker-client", "scripts", "console"];
const MOST_LINES = 300;
const FEW_LINES = 20;

/** Files that may be short, each with the reason. */
const SHORT = {
  "scripts/follow-version.ts": "npm runs it by its name",
  "console/main.tsx": "the console's entry",
  "console/ui/announce.tsx": "a store and its component, which every screen uses",
  "scripts/openapi/write.ts": "npm runs it by its name",
  "src/index.ts": "the Worker's entry",
  "src/name-patterns.ts": "the routes and the objects compare what a token names",
  "src/routes/console-files.d.ts": "the types of what a build makes",
  "src/log-line.ts": "every layer of the service logs",
  "worker-client/cli/main.ts": "the command's entry",
};

function linesOf(file: string): number {
  return readFileSync(join(projectFolder, file), "utf8").split("\n").length - 1;
}

describe("a file is a concept", () => {
  it(`of at most ${MOST_LINES} lines`, () => {
    const files = SOURCES.flatMap(sourceFiles);
    expect(files.filter((file) => linesOf(file) > MOST_LINES)).toEqual([]);
  });

  it(`of at least ${FEW_LINES} lines, or there is a reason`, () => {
    const short = SOURCES.flatMap(sourceFiles).filter((file) => linesOf(file) < FEW_LINES);
    expect(short.filter((file) => !(file in SHORT))).toEqual([]);
    expect(Object.keys(SHORT).filter((file) => !short.includes(file))).toEqual([]);
  });
});

/** What reads as a translation. A "who" that begins a sentence is nearly always one. */
const ODD_ENGLISH = [
  /(?:\* |\/\/ |`|")(?:So long|So far|Whoever|For who|Who) /,
  /\bis no (?:task|token|number|JSON)\b/,
  /\bnobody knows\b/i,
  /(?:^|\. |[/*] |; )[Aa]nswers (?:the|a|what) /,
];
const PAGES = ["*.md", "docs/*.md", "worker-client/*.md"];

describe("comments, messages and pages", () => {
  it("are in plain English", () => {
    const pages = PAGES.flatMap((pattern) => globSync(pattern, { cwd: projectFolder }));
    const odd = [...SOURCES.flatMap(sourceFiles), ...pages].flatMap((file) =>
      readFileSync(join(projectFolder, file), "utf8")
        .split("\n")
        .filter((line) => ODD_ENGLISH.some((pattern) => pattern.test(line)))
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(odd).toEqual([]);
  });
});
