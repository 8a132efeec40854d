import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import * as v from "valibot";

const GIB_BYTES = 1024 ** 3;
const PACKAGE = v.object({ version: v.string() });

/** Where and with what a bench ran. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
  readonly workerd: string;
  readonly commit: string;
  readonly date: string;
}

/** This machine, and the versions that are installed. */
export function machine(): Machine {
  const require = createRequire(import.meta.url);
  const workerd = v.parse(PACKAGE, require("workerd/package.json"));
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? "unknown",
    memoryGib: Math.round(totalmem() / GIB_BYTES),
    kernel: release(),
    node: process.versions.node,
    workerd: workerd.version,
    commit: commit(),
    date: new Date().toISOString().slice(0, 10),
  };
}

function commit(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], {
      cwd: import.meta.dirname,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    // A copy of the project without its history.
    return "unknown";
  }
}
