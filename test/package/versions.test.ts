import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { releasedChangelog } from "../../scripts/released-changelog.ts";
import { clientFolder } from "./harness.ts";

const FILES = ["package.json", "jsr.json", "CHANGELOG.md"];

/** The versions that the files of a package's folder name. */
function versionsIn(folder: string) {
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  const manifest: { version: string } = JSON.parse(read("package.json"));
  const jsr: { version: string } = JSON.parse(read("jsr.json"));
  const [, changelog = null] = /^## (\d\S*)/m.exec(read("CHANGELOG.md")) ?? [];
  return { npm: manifest.version, jsr: jsr.version, changelog };
}

describe("the version", () => {
  it("is the same for npm, for JSR, and at the top of the changelog", () => {
    const { npm, jsr, changelog } = versionsIn(clientFolder);
    expect([jsr, changelog]).toEqual([npm, npm]);
  });

  it("is raised everywhere by npm version", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-version-"));
    const client = join(folder.path, "worker-client");
    await mkdir(client);
    const root = { name: "copy", private: true, type: "module", workspaces: ["worker-client"] };
    writeFileSync(join(folder.path, "package.json"), JSON.stringify(root));
    for (const file of FILES) cpSync(join(clientFolder, file), join(client, file));
    cpSync(join(projectFolder, "scripts"), join(folder.path, "scripts"), { recursive: true });
    execFileSync("npm", ["version", "3.2.1", "-w", "edge-canceler", "--offline"], {
      cwd: folder.path,
      env: { ...process.env, HOME: folder.path },
    });
    expect(versionsIn(client)).toEqual({ npm: "3.2.1", jsr: "3.2.1", changelog: "3.2.1" });
  });
});

describe("the changelog after a release", () => {
  it("has what was unreleased under the version and its day", () => {
    expect(
      releasedChangelog("# C\n\n## Unreleased\n\n- New.\n\n## 0.1.0\n", "0.2.0", "2026-01-31"),
    ).toBe("# C\n\n## Unreleased\n\n## 0.2.0 (2026-01-31)\n\n- New.\n\n## 0.1.0\n");
  });

  it("cannot be made where nothing is unreleased", () => {
    expect(() => releasedChangelog("# C\n", "0.2.0", "2026-01-31")).toThrow(
      'CHANGELOG.md has no heading "## Unreleased"',
    );
  });
});
