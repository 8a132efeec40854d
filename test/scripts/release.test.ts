import { spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { releaseRefusals } from "../../scripts/release.ts";
import { block } from "../package/pages.ts";

/** What is wrong with a package of these versions. */
async function refusals(jsr: string, changelog: string, addresses = {}): Promise<string> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-release-"));
  const write = (file: string, content: string) => writeFile(join(folder.path, file), content);
  await write("package.json", JSON.stringify({ version: "1.2.0", ...addresses }));
  await write("jsr.json", JSON.stringify({ version: jsr }));
  await write("CHANGELOG.md", `# Changelog\n\n## Unreleased\n\n## ${changelog} (2026-01-31)\n`);
  return releaseRefusals(folder.path).join("\n");
}

describe("a release", () => {
  it("is made of one version, which the changelog knows, of a known repository", async () => {
    const homepage = "https://github.com/acme/jobs#readme";
    const addresses = { repository: "github:acme/jobs", bugs: "https://bugs.example", homepage };
    expect(await refusals("1.2.0", "1.2.0", addresses)).toBe("");
  });

  it("is refused with everything that is missing", async () => {
    const said = await refusals("1.1.0", "1.1.0");
    expect(said).toContain("jsr.json has version 1.1.0, and package.json 1.2.0");
    expect(said).toContain("CHANGELOG.md has no version 1.2.0");
    expect(said).toContain(
      "package.json has no repository, bugs, or homepage: CONTRIBUTING.md says",
    );
    expect(await refusals("1.2.0", "1.2.0", { repository: "github:acme/jobs" })).toBe(
      "package.json has no bugs or homepage: CONTRIBUTING.md says how to fill them in",
    );
  });

  it("has its addresses once they are filled in as CONTRIBUTING.md says", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-release-"));
    const client = join(folder.path, "worker-client");
    await mkdir(client);
    for (const file of ["package.json", "worker-client/package.json"]) {
      cpSync(join(projectFolder, file), join(folder.path, file));
    }
    const code = block("CONTRIBUTING.md", "npm pkg set").replaceAll("OWNER/NAME", "acme/jobs");
    const { status, stderr } = spawnSync("sh", ["-ec", code], {
      cwd: folder.path,
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([0, ""]);
    for (const file of ["package.json", "worker-client/package.json"]) {
      expect(JSON.parse(readFileSync(join(folder.path, file), "utf8"))).toMatchObject({
        repository: "github:acme/jobs",
        bugs: "https://github.com/acme/jobs/issues",
        homepage: "https://github.com/acme/jobs#readme",
      });
    }
  });
});

describe("a Deploy to Cloudflare button", () => {
  it("asks for the secret, and explains all that can be set", () => {
    const read = (file: string) => readFileSync(join(projectFolder, file), "utf8");
    const secrets = Array.from(read(".dev.vars.example").matchAll(/^(\w+)=(.*)$/gm));
    expect(secrets.map(([, name, value]) => [name, value])).toEqual([["AUTH_SECRET", ""]]);
    const { vars } = Object(parse(read("wrangler.toml")));
    const { cloudflare }: { cloudflare: { bindings: object } } = JSON.parse(read("package.json"));
    const settable = [...secrets.map(([, name = ""]) => name), ...Object.keys(vars)];
    expect(Object.keys(cloudflare.bindings).sort()).toEqual(settable.sort());
  });
});
