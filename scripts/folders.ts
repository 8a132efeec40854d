import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder with package.json and wrangler.toml, wherever a script is called from. */
export const projectFolder = fileURLToPath(new URL("..", import.meta.url).href);

/** Resolves a path from where the user called npm, since npm runs scripts in the project's folder. */
export function userPath(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? ".", path);
}

/** Creates a folder that is removed when this process ends, except by SIGKILL. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "edge-canceler-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Creates an empty folder at a fixed path. It first removes what a process killed by SIGKILL left there. */
export function emptyFolder(path: string): Disposable {
  const remove = () => rmSync(path, { recursive: true, force: true });
  remove();
  mkdirSync(path);
  return { [Symbol.dispose]: remove };
}
