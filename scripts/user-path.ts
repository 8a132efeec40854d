import { resolve } from "node:path";

/** A path as the user meant it: npm runs scripts in the project's folder, wherever it was called. */
export function userPath(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? ".", path);
}
