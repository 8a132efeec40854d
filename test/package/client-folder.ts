import { join } from "node:path";
import { projectFolder } from "../../scripts/project-folder.ts";

/** The folder of the package: its sources, what is built of them in dist, and what describes it. */
export const clientFolder = join(projectFolder, "worker-client");
