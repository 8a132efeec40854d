import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseYaml } from "@redocly/openapi-core";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { type Block, block, blocksOf, PAGES, readPage } from "./pages.ts";

/** Blocks that no test runs: the page, words of the block, and why. */
const NOT_RUN = [
  ["README.md", "wrangler login", "it needs a Cloudflare account"],
  ["docs/get-started.md", "YOU.workers.dev", "it names a deployment"],
  ["docs/tokens.md", "wrangler secret put", "it needs a Cloudflare account"],
  ["docs/operating.md", "--env staging", "it needs a Cloudflare account"],
  ["docs/testing.md", "npm run demo", "it runs every test, this one too"],
  ["docs/testing.md", "--soak", "it takes an hour; .ci/run runs the short form"],
  ["CONTRIBUTING.md", "npm test", "it runs every test, this one too"],
  ["CONTRIBUTING.md", "npm run release", "it publishes"],
  ["CONTRIBUTING.md", "deploy.workers", "it needs a repository with an address"],
] as const;

const all = PAGES.flatMap(blocksOf);
/** A drawing names no language. */
const code = all.filter(({ language }) => language !== "");
const shell = code.filter(({ language }) => language === "sh");

const TAKEN = /\bblock\(\s*"([^"]+)",\s*(["'`])(.*?)\2,?\s*\)/g;

/** The code of the blocks that tests take by the words in them. */
function takenByTests(): ReadonlySet<string> {
  const tests = globSync("test/{package,cli,scripts}/*.test.ts", { cwd: projectFolder });
  const sources = tests.map((file) => readFileSync(join(projectFolder, file), "utf8"));
  const calls = sources.flatMap((source) => [...source.matchAll(TAKEN)]);
  return new Set(calls.map(([, page = "", , words = ""]) => block(page, words)));
}

/** How a failure names a block. */
function nameOf({ page, code: text }: Block): string {
  return `${page}: ${text.split("\n")[0]}`;
}

describe("the blocks of the pages", () => {
  it("are each run or checked by a test, or listed here with the reason why not", () => {
    const accounted = takenByTests().union(
      new Set(NOT_RUN.map(([page, words]) => block(page, words))),
    );
    expect(code.length).toBeGreaterThan(60);
    // The same block on another page is run once.
    expect(code.filter((one) => !accounted.has(one.code)).map(nameOf)).toEqual([]);
  });

  it("are not both run and listed", () => {
    const taken = takenByTests();
    expect(NOT_RUN.filter(([page, words]) => taken.has(block(page, words)))).toEqual([]);
  });

  it.each([
    ["json", JSON.parse],
    ["toml", parse],
    ["yaml", parseYaml],
  ] as const)("in %s can be read", (language, read) => {
    const texts = code.filter((one) => one.language === language);
    expect(texts.length).toBeGreaterThan(0);
    for (const one of texts) expect(read(one.code), nameOf(one)).toEqual(expect.anything());
  });

  it("are of languages that are looked at here", () => {
    const languages = new Set(code.map(({ language }) => language));
    expect([...languages].sort()).toEqual([
      "js",
      "json",
      "md",
      "py",
      "sh",
      "text",
      "toml",
      "ts",
      "yaml",
    ]);
  });

  it("of shell are right, and name scripts and commands that exist", () => {
    const { scripts }: { scripts: object } = JSON.parse(readPage("package.json"));
    const commands = readPage("docs/command.md").split("\n## ")[0] ?? "";
    for (const one of shell) {
      const { status, stderr } = spawnSync("sh", ["-n"], { input: one.code, encoding: "utf8" });
      expect([status, stderr], nameOf(one)).toEqual([0, ""]);
      for (const [, script] of one.code.matchAll(/\bnpm run (?:-s )?([\w:]+)/g)) {
        expect(Object.keys(scripts), nameOf(one)).toContain(script);
      }
      for (const [, command] of one.code.matchAll(/\bedge-canceler ([a-z]+)/g)) {
        expect(commands, nameOf(one)).toContain(`\`${command}\``);
      }
    }
  });
});
