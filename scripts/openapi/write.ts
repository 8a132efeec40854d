// Writes the document that the service serves at /openapi.json. A test fails if it is out of date.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "../folders.ts";
import { openApiDocument } from "./document.ts";

const file = join(projectFolder, "src/routes/openapi.json");
writeFileSync(file, `${JSON.stringify(openApiDocument(), null, 2)}\n`);
