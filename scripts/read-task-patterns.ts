import { TASK_ID_PATTERN } from "../worker-client/protocol.ts";

const PREFIX = /^[\w.~:-]{0,128}\*$/;

/** The task ids and prefixes that a user named, with commas or one by one. Throws one clear line otherwise. */
export function readTaskPatterns(values: readonly string[]): string[] {
  const patterns = values
    .flatMap((value) => value.split(","))
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== "");
  for (const pattern of patterns) {
    if (TASK_ID_PATTERN.test(pattern) || PREFIX.test(pattern)) continue;
    throw new Error(
      `--tasks takes ids (1 to 128 of A-Z a-z 0-9 . _ ~ : -) and prefixes ending in *, not "${pattern}"`,
    );
  }
  if (patterns.length > 0) return [...new Set(patterns)];
  throw new Error('--tasks must name at least one id or prefix, such as build-7 or "build-*"');
}
