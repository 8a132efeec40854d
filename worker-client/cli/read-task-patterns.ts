import { TASK_ID_PATTERN } from "../protocol.ts";
import { UsageError } from "./usage-error.ts";

const PREFIX = /^[\w.~:-]{0,128}\*$/;

/** The task ids and prefixes that `--tasks` names, each once. Throws a `UsageError` otherwise. */
export function readTaskPatterns(texts: readonly string[]): readonly string[] {
  const patterns = texts.flatMap((text) => text.split(/[\s,]+/)).filter(Boolean);
  for (const pattern of patterns) {
    if (TASK_ID_PATTERN.test(pattern) || PREFIX.test(pattern)) continue;
    throw new UsageError(
      `--tasks takes ids (1 to 128 of A-Z a-z 0-9 . _ ~ : -) and prefixes ending in *, not "${pattern}"`,
    );
  }
  if (patterns.length > 0) return [...new Set(patterns)];
  throw new UsageError('--tasks must say for which tasks, such as build-7 or "build-*"');
}
