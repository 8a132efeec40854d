import { readdirSync } from "node:fs";
import { readProc } from "./read-proc.ts";

/**
 * Whether nothing of a group runs, though it is still there: what has ended stays in it until its
 * parent has waited for it, which `exec` as PID 1 does not do for orphans. The /proc of an outer PID
 * namespace tells, which has the numbers of the inner ones too; false where there is none.
 */
export function hasGroupEnded(group: number): boolean {
  const pids = numbersIn(readStatus("self"), "NSpid");
  if (pids.at(-1) !== process.pid) return false;
  try {
    // A namespace beside this one may have a group of that number. Then it only looks as if it ran.
    return !readdirSync("/proc").some((name) => {
      const status = /^\d+$/.test(name) ? readStatus(name) : "";
      return numbersIn(status, "NSpgid")[pids.length - 1] === group && isRunning(status);
    });
  } catch {
    return false;
  }
}

/** Nothing, if the process has ended meanwhile. */
function readStatus(name: string): string {
  return readProc(`/proc/${name}/status`) ?? "";
}

/** A process goes on without its main thread, which looks like one that has ended. */
function isRunning(status: string): boolean {
  return !/^State:\s*[ZX]/m.test(status) || (numbersIn(status, "Threads")[0] ?? 0) > 1;
}

function numbersIn(status: string, field: string): number[] {
  const [, numbers = ""] = new RegExp(`^${field}:\\s*(.+)$`, "m").exec(status) ?? [];
  return numbers.split(/\s+/).map(Number);
}
