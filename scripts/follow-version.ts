// `npm version` runs this in the package's folder, once package.json has the new version.
import { readFileSync, writeFileSync } from "node:fs";

const UNRELEASED = "## Unreleased\n";

function read(file: string): string {
  return readFileSync(file, "utf8");
}

const { version }: { version: string } = JSON.parse(read("package.json"));
const changelog = read("CHANGELOG.md");
if (!changelog.includes(UNRELEASED)) {
  console.error('CHANGELOG.md has no heading "## Unreleased": describe what is new under it');
  process.exit(1);
}
const today = new Date().toISOString().slice(0, 10);
const released = `${UNRELEASED}\n## ${version} (${today})\n`;
writeFileSync("CHANGELOG.md", changelog.replace(UNRELEASED, released));
writeFileSync("jsr.json", read("jsr.json").replace(/("version": ")[^"]*/, `$1${version}`));
