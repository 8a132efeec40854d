import { readFileSync, writeFileSync } from "node:fs";
import { releasedChangelog } from "./released-changelog.ts";

/** npm runs this in the package's folder as part of `npm version`, when package.json has the new one. */
function read(file: string): string {
  return readFileSync(file, "utf8");
}

const { version }: { version: string } = JSON.parse(read("package.json"));
writeFileSync("jsr.json", read("jsr.json").replace(/("version": ")[^"]*/, `$1${version}`));
const today = new Date().toISOString().slice(0, 10);
writeFileSync("CHANGELOG.md", releasedChangelog(read("CHANGELOG.md"), version, today));
