import { readFileSync } from "node:fs";

/** What exec itself is short of, which says nothing about a process. */
const SHORTAGES: readonly unknown[] = ["EMFILE", "ENFILE", "ENOMEM"];

/** A file of a process, or null if it has ended or is another user's. */
export function readProc(path: string, encoding: "utf8" | "latin1" = "utf8"): string | null {
  try {
    return readFileSync(path, encoding);
  } catch (error) {
    if (error instanceof Error && "code" in error && SHORTAGES.includes(error.code)) throw error;
    return null;
  }
}
