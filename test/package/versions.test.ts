import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
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

describe("the script that follows npm version", () => {
  const script = join(projectFolder, "scripts/follow-version.ts");

  async function follow(changelog: string) {
    await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-version-"));
    const write = (file: string, text: string) => writeFileSync(join(folder.path, file), text);
    write("package.json", '{ "version": "0.2.0" }');
    write("jsr.json", '{ "version": "0.1.0" }');
    write("CHANGELOG.md", changelog);
    const { status, stderr } = spawnSync(process.execPath, [script], {
      cwd: folder.path,
      encoding: "utf8",
    });
    return { status, stderr, changelog: readFileSync(join(folder.path, "CHANGELOG.md"), "utf8") };
  }

  it("puts what was unreleased under the version and its day", async () => {
    const { changelog } = await follow("# C\n\n## Unreleased\n\n- New.\n\n## 0.1.0\n");
    expect(changelog).toMatch(
      /^# C\n\n## Unreleased\n\n## 0\.2\.0 \(\d{4}-\d\d-\d\d\)\n\n- New\.\n\n## 0\.1\.0\n$/,
    );
  });

  it("refuses a changelog in which nothing is unreleased", async () => {
    const { status, stderr, changelog } = await follow("# C\n");
    expect([status, changelog]).toEqual([1, "# C\n"]);
    expect(stderr).toContain('CHANGELOG.md has no heading "## Unreleased"');
  });
});
