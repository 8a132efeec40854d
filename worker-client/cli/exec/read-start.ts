import { isProcOurs } from "./is-proc-ours.ts";
import { readProcEntry } from "./read-proc-entry.ts";

/** When a process was started, in ticks since the machine was; null where that is not told. */
export function readStart(pid: number): number | null {
  if (process.platform !== "linux" || !isProcOurs()) return null;
  return readProcEntry(pid)?.startedAtTicks ?? null;
}
