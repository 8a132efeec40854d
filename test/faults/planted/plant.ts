import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { projectFolder } from "../../../scripts/project-folder.ts";
import type { PlantedFault } from "./planted-fault.ts";

/** What the lab needs of the project. */
const PARTS = [
  "package.json",
  "tsconfig.json",
  "wrangler.toml",
  "src",
  "worker-client",
  "scripts",
  "test",
];

/** Copies the project into a folder, and breaks the copy. */
export async function plant(fault: PlantedFault, folder: string): Promise<void> {
  for (const part of PARTS) {
    await cp(join(projectFolder, part), join(folder, part), {
      recursive: true,
      filter: (path) => !path.endsWith(`${sep}dist`),
    });
  }
  await symlink(join(projectFolder, "node_modules"), join(folder, "node_modules"));
  for (const { file, before, after } of fault.edits) {
    const text = await readFile(join(folder, file), "utf8");
    const [start = "", end, ...more] = text.split(before);
    if (end === undefined || more.length > 0) {
      throw new Error(
        `"${fault.name}" cannot be planted: ${file} has to have exactly once: ${before}`,
      );
    }
    await writeFile(join(folder, file), start + after + end);
  }
}
