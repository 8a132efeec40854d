import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { clientFolder } from "./client-folder.ts";

interface Packed {
  /** The path of the tarball. */
  readonly tarball: string;
  readonly files: readonly string[];
}

/** Packs the package as it is built, as npm would publish it. */
export function packClient(folder: string): Packed {
  const answer = execFileSync(
    "npm",
    ["pack", "--json", "--ignore-scripts", "--workspaces=false", "--pack-destination", folder],
    // A home of its own, so that no setting of whoever runs the tests has a say.
    { cwd: clientFolder, encoding: "utf8", env: { ...process.env, HOME: folder } },
  );
  const [packed]: { filename: string; files: { path: string }[] }[] = JSON.parse(answer);
  if (packed === undefined) throw new Error(`npm pack answered ${answer}`);
  return {
    tarball: join(folder, packed.filename),
    files: packed.files.map(({ path }) => path),
  };
}
