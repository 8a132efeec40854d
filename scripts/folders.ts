import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds package.json and wrangler.toml, wherever a script is called from. */
export const projectFolder = fileURLToPath(new URL("..", import.meta.url).href);

/** A path as the user meant it: npm runs scripts in the project's folder, wherever it was called. */
export function userPath(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? ".", path);
}

/** A new folder that is removed when this process ends, however it ends but by SIGKILL. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "edge-canceler-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An empty folder at a fixed place, so that the next to make it removes what SIGKILL has left there. */
export function emptyFolder(path: string): Disposable {
  const remove = () => rmSync(path, { recursive: true, force: true });
  remove();
  mkdirSync(path);
  return { [Symbol.dispose]: remove };
}
