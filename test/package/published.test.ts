import { spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, describe, expect, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { sourceFiles } from "../layout/sources.ts";
import { clientFolder, packClient } from "./harness.ts";

/** It has jose in it, and no source map: that would be twice as long. */
const BUNDLED = ["cli/sign-token.ts", "cli/proxied.ts"];

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
      if (BUNDLED.includes(file)) return [`${path}.js`];
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
    for (const file of BUNDLED) {
      const code = read(`dist/${file.replace(/ts$/, "js")}`);
      expect(code).toContain("Permission is hereby granted, free of charge");
      expect(code).not.toMatch(/^import [^;]* from "(?!node:)/m);
    }
  });

  it("has a command that says what runs it", () => {
    expect(read("dist/cli/main.js")).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});

/** The resolutions that are looked at: what cannot load an ES module has no use for this package. */
const ESM_ONLY = ["node16-esm", "bundler"];

const lintFolder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-lint-"));
afterAll(() => lintFolder.remove());

const tarball = readFileSync(packClient(lintFolder.path).tarball);

describe("the tarball", () => {
  it("has nothing that publint would say", async () => {
    const pack = { tarball: new Uint8Array(tarball).buffer };
    const { messages, pkg = {} } = await publint({ pack, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it("has types that are not wrong, for whoever loads ES modules", async () => {
    const result = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)));
    if (result.types === false) throw new Error("it has no types at all");
    expect(Object.keys(result.entrypoints)).toEqual(["."]);
    for (const kind of ["node16-esm", "bundler"] as const) {
      expect(result.entrypoints["."]?.resolutions[kind].resolution?.fileName).toMatch(
        /index.d.ts$/,
      );
    }
    const problems = result.problems.filter(
      (problem) => !("resolutionKind" in problem) || ESM_ONLY.includes(problem.resolutionKind),
    );
    expect(problems).toEqual([]);
  });
});

describe("for JSR, the package", () => {
  it("would be published as it is: no slow types, the library's sources and what describes them", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-jsr-"));
    const copy = join(folder.path, "worker-client");
    cpSync(clientFolder, copy, { recursive: true, filter: (path) => !/\/dist$/.test(path) });
    const { status, stdout, stderr } = spawnSync("deno", ["publish", "--dry-run"], {
      cwd: copy,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1", DENO_DIR: join(folder.path, "cache") },
    });
    expect([status, stderr]).toEqual([0, expect.stringContaining("Dry run complete")]);
    const said = stdout + stderr;
    for (const file of ["index.ts", "errors.ts", "README.md", "LICENSE"]) {
      expect(said).toContain(`/worker-client/${file} (`);
    }
    expect(said).not.toMatch(/\/(cli|dist)\/|tsconfig/);
  });
});
