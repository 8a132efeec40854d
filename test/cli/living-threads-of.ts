import { readdirSync, readFileSync } from "node:fs";

/** The threads of a process that have not ended, whether its main one has or not. */
export function livingThreadsOf(pid: number): number[] {
  return threadsOf(pid).filter((thread) => {
    try {
      return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8"));
    } catch {
      return false;
    }
  });
}

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}
