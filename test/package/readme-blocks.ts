import { readFileSync } from "node:fs";
import { join } from "node:path";
import { clientFolder } from "./client-folder.ts";

/** The code of the package's README in one language, in order. */
export function readmeBlocks(language: string): readonly string[] {
  const readme = readFileSync(join(clientFolder, "README.md"), "utf8");
  const blocks = readme.matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return Array.from(blocks, ([, name, code = ""]) => (name === language ? code : "")).filter(
    Boolean,
  );
}
