import { readFileSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { projectFolder } from "../../scripts/project-folder.ts";
import { sourceFiles } from "../layout/sources.ts";
import { clientFolder } from "./client-folder.ts";
import { packClient } from "./pack-client.ts";

/** It has jose in it, and no source map: that would be twice as long. */
const BUNDLED = "cli/sign-token.ts";

const folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-pack-"));
afterAll(() => folder.remove());

const { files } = packClient(folder.path);
const sources = sourceFiles("worker-client").map((file) => relative("worker-client", file));

function read(path: string): string {
  return readFileSync(join(clientFolder, path), "utf8");
}

describe("the tarball", () => {
  it("holds what is built of each source, the README, the licence and package.json", () => {
    const built = sources.flatMap((file) => {
      const path = `dist/${file.replace(/\.ts$/, "")}`;
      if (file === BUNDLED) return [`${path}.js`];
      return file.startsWith("cli/")
        ? [`${path}.js`, `${path}.js.map`]
        : [`${path}.js`, `${path}.js.map`, `${path}.d.ts`];
    });
    expect([...files].sort()).toEqual(["LICENSE", "README.md", "package.json", ...built].sort());
  });

  it("has source maps that carry their sources, which are not in it", () => {
    const maps = files.filter((file) => file.endsWith(".map"));
    expect(maps.length).toBeGreaterThan(20);
    for (const map of maps) {
      const { sourcesContent }: { sourcesContent: string[] } = JSON.parse(read(map));
      const source = map.replace(/^dist\//, "").replace(/\.js\.map$/, ".ts");
      expect(sourcesContent).toEqual([read(source)]);
    }
  });

  it("names no file in its comments that is not in it", () => {
    for (const file of files.filter((path) => path.endsWith(".js"))) {
      for (const [, map = ""] of read(file).matchAll(/^\/\/# sourceMappingURL=(.*)$/gm)) {
        expect(files).toContain(join(file, "..", map));
      }
    }
  });

  it("has the licence of the project", () => {
    expect(read("LICENSE")).toBe(readFileSync(join(projectFolder, "LICENSE"), "utf8"));
  });

  it("brings the licence of what is bundled into it", () => {
    const signer = read("dist/cli/sign-token.js");
    expect(signer).toContain("Permission is hereby granted, free of charge");
    expect(signer).not.toMatch(/^import /m);
  });

  it("has a command that says what runs it", () => {
    expect(read("dist/cli/main.js")).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});
