import { readFileSync } from "node:fs";
import { onTestFinished } from "vitest";
import { descendantsOf } from "../scripts/descendants-of.ts";

/**
 * Ends what a test has started when the test is over, also by its time limit: the process, by its
 * number, and what it has started in turn. What left that family before, it does not know.
 */
export function endWithTest(pid: number): () => void {
  const startedAt = startOf(pid);
  const end = () => {
    // A number that another process has by now is none of ours.
    if (startedAt === null || startOf(pid) !== startedAt) return;
    for (const each of [...descendantsOf(pid), pid]) kill(each);
  };
  onTestFinished(end);
  return end;
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
