import { readFileSync } from "node:fs";
import type { RunMark } from "./run-mark.ts";

/**
 * Whether a process was started with a mark in its environment: neither it nor who started it took
 * it out. Only Linux tells, and only of the user's own processes.
 */
export function hasMark(pid: number, mark: RunMark): boolean {
  if (process.platform !== "linux") return false;
  try {
    return mark.isIn(readFileSync(`/proc/${pid}/environ`, "latin1"));
  } catch {
    return false;
  }
}
