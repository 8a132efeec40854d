import { readFileSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, describe, expect, it } from "vitest";
import { packClient } from "./pack-client.ts";

/** The resolutions that are looked at: what cannot load an ES module has no use for this package. */
const ESM_ONLY = ["node16-esm", "bundler"];

const folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-lint-"));
afterAll(() => folder.remove());

const tarball = readFileSync(packClient(folder.path).tarball);

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
