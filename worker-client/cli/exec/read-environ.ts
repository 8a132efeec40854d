import type { ProcessEntry } from "./process-entry.ts";
import { readProc } from "./read-proc.ts";

/**
 * The environment that a process was started with; null if that is not told. Only Linux tells, and
 * only of the user's own processes. It is empty for a moment while a process becomes another one.
 */
export function readEnviron({ pid, thread }: ProcessEntry): string | null {
  if (process.platform !== "linux") return null;
  return readProc(`/proc/${pid}/task/${thread}/environ`, "latin1");
}
