import { readFileSync } from "node:fs";

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
