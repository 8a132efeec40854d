import { listByProc } from "./list-by-proc.ts";
import { listByPs } from "./list-by-ps.ts";
import type { ProcessEntry } from "./process-entry.ts";

/**
 * All processes that run; those that have ended, and wait for their parent to notice, do not. Null
 * if that cannot be told here.
 */
export function listProcesses(): ProcessEntry[] | null {
  return process.platform === "linux" ? listByProc() : listByPs();
}
