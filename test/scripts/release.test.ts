import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { releaseRefusals } from "../../scripts/release.ts";

/** What is wrong with a package of these versions. */
async function refusals(jsr: string, changelog: string, repository?: string): Promise<string> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-release-"));
  const write = (file: string, content: string) => writeFile(join(folder.path, file), content);
  await write("package.json", JSON.stringify({ version: "1.2.0", repository }));
  await write("jsr.json", JSON.stringify({ version: jsr }));
  await write("CHANGELOG.md", `# Changelog\n\n## Unreleased\n\n## ${changelog} (2026-01-31)\n`);
  return releaseRefusals(folder.path).join("\n");
}

describe("a release", () => {
  it("is made of one version, which the changelog knows, of a known repository", async () => {
    expect(await refusals("1.2.0", "1.2.0", "github:acme/jobs")).toBe("");
  });

  it("is refused with everything that is missing", async () => {
    const said = await refusals("1.1.0", "1.1.0");
    expect(said).toContain("jsr.json has version 1.1.0, and package.json 1.2.0");
    expect(said).toContain("CHANGELOG.md has no version 1.2.0");
    expect(said).toContain("names no repository");
  });
});
