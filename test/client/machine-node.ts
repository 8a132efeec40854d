import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join, sep } from "node:path";

const OLDEST_MAJOR = 20;
const FIRST_MAJOR_WITH_WEBSOCKET = 22;

interface MachineNode {
  readonly path: string;
  readonly version: string;
  readonly hasWebSocket: boolean;
}

/**
 * The Node that the machine itself has, outside of any node_modules; null if there is none, or one
 * that is too old for the client, or the very one that runs the tests.
 */
export function machineNode(): MachineNode | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const paths = folders
    .filter((folder) => !folder.split(sep).includes("node_modules"))
    .map((folder) => join(folder, "node"));
  const path = paths.find(isExecutable);
  if (path === undefined) return null;
  const version = execFileSync(path, ["--version"], { encoding: "utf8" }).trim();
  const major = Number.parseInt(version.slice(1), 10);
  if (major < OLDEST_MAJOR || version === process.version) return null;
  return { path, version, hasWebSocket: major >= FIRST_MAJOR_WITH_WEBSOCKET };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
