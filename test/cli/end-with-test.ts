import { readdirSync, readFileSync } from "node:fs";
import { onTestFinished } from "vitest";
import { descendantsOf } from "../scripts/descendants-of.ts";

/**
 * Ends what a test has started when the test is over, also by its time limit: the process, by its
 * number, and what it has started in turn. `mark` is a variable that only this test's processes have
 * in their environment, by which those are found that left the family (on Linux).
 */
export function endWithTest(pid: number, mark?: string): () => void {
  const startedAt = startOf(pid);
  const end = () => {
    // A number that another process has by now is none of ours.
    const isOurs = startedAt !== null && startOf(pid) === startedAt;
    const family = isOurs ? [...descendantsOf(pid), pid] : [];
    for (const each of [...family, ...(mark === undefined ? [] : marked(mark))]) kill(each);
  };
  onTestFinished(end);
  return end;
}

function marked(mark: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => environmentOf(pid).includes(mark)).map(Number);
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")")).split(" ")[20] ?? null;
  } catch {
    return null;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
