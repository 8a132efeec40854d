import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { until } from "../../scripts/until.ts";

interface Process {
  readonly pid: number;
  readonly parentPid: number;
}

/** The processes that a process has started, and those that they have started in turn. */
export function descendantsOf(pid: number, processes = allProcesses()): number[] {
  const children = processes.filter(({ parentPid }) => parentPid === pid);
  return children.flatMap((child) => [child.pid, ...descendantsOf(child.pid, processes)]);
}

/** Not every Linux has `ps`, and nothing else has /proc. */
function allProcesses(): Process[] {
  if (!existsSync("/proc/self/stat")) {
    const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
    return Array.from(lines.matchAll(/(\d+) +(\d+)/g), ([, pid, parentPid]) => ({
      pid: Number(pid),
      parentPid: Number(parentPid),
    }));
  }
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parentPid: parentOf(name) }));
}

/** NaN if the process has ended meanwhile. */
function parentOf(pid: string): number {
  try {
    // The name stands in brackets, and may hold anything; after it come the state and the parent.
    const [, parentPid] = /.*\) . (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return Number(parentPid);
  } catch {
    return Number.NaN;
  }
}

/** Whether a process runs. One that has ended, and only waits for its parent to notice, does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    // There is no /proc, or the process has just ended.
    return false;
  }
}

/** Waits until processes have ended: one lets go of its output a moment before. */
export async function untilEnded(pids: readonly number[]): Promise<void> {
  await until(`${pids.join(", ")} end`, () => !pids.some(isAlive));
}
