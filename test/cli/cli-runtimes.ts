import { join } from "node:path";
import { projectFolder } from "../../scripts/project-folder.ts";

const main = join(projectFolder, "worker-client/dist/cli/main.js");

/** How each runtime runs the command that is built. */
export const CLI_RUNTIMES = {
  node: [process.execPath, main],
  deno: ["deno", "run", "--no-lock", "-A", main],
  bun: ["bun", main],
} as const;
