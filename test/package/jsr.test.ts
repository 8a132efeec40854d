import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { clientFolder } from "./client-folder.ts";

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
