import { readdirSync } from "node:fs";
import { isProcOurs } from "./is-proc-ours.ts";
import type { ProcessEntry } from "./process-entry.ts";
import { readProcEntry } from "./read-proc-entry.ts";

/** The processes that run, as Linux has them in files; null if it does not, or not now. */
export function listByProc(): ProcessEntry[] | null {
  if (!isProcOurs()) return null;
  try {
    return readdirSync("/proc").flatMap((name) => {
      const entry = /^\d+$/.test(name) ? readProcEntry(Number(name)) : null;
      return entry ?? [];
    });
  } catch {
    return null;
  }
}
