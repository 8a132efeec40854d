import { join } from "node:path";
import { projectFolder } from "./project-folder.ts";

/** The path of the service's own configuration. */
export const wranglerToml = join(projectFolder, "wrangler.toml");
