import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { CLIENT_README, PAGES, proseOf } from "./pages.ts";

const LINK = /\]\(([^)\s]+)\)/g;
const HEADING = /^#+ +(.*)$/gm;

interface Link {
  readonly target: string;
  /** The path in the project that it leads to. */
  readonly path: string;
  readonly anchor: string | undefined;
}

/** The links of a page that stay within the project. */
function linksOf(page: string): readonly Link[] {
  return Array.from(proseOf(page).matchAll(LINK), ([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [file = "", anchor] = target.split("#");
      return { target, path: file ? normalize(join(dirname(page), file)) : page, anchor };
    });
}

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): readonly string[] {
  return Array.from(proseOf(page).matchAll(HEADING), ([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("the links of the pages", () => {
  it.each(PAGES)("lead somewhere: %s", (page) => {
    const dead = linksOf(page).filter(({ path, anchor }) => {
      if (!existsSync(join(projectFolder, path))) return true;
      return anchor !== undefined && !anchorsOf(path).includes(anchor);
    });
    expect(dead.map(({ target }) => target)).toEqual([]);
  });

  it("lead from the README to every page", () => {
    const reached = new Set(["README.md"]);
    for (const page of reached) {
      if (!page.endsWith(".md")) continue;
      for (const { path } of linksOf(page)) reached.add(path);
    }
    const changelog = "worker-client/CHANGELOG.md";
    expect(PAGES.filter((page) => !reached.has(page))).toEqual([changelog]);
  });

  it("of the published README stay within it", () => {
    expect(linksOf(CLIENT_README).filter(({ path }) => path !== CLIENT_README)).toEqual([]);
  });
});
