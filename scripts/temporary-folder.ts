import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder that is removed when this process ends, however it ends but by SIGKILL. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "edge-canceler-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
