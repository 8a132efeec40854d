import { TASK_ID_PATTERN } from "../protocol.ts";
import { oneLine } from "./one-line.ts";
import { UsageError } from "./usage-error.ts";

/**
 * The tasks that a command was called with, each once. All are looked at before anything is sent:
 * a slip in the last must not leave the others half done.
 */
export function taskIds(positionals: readonly string[], example: string): readonly string[] {
  if (positionals.length === 0) throw new UsageError(`name a task: ${example}`);
  for (const id of positionals) {
    if (TASK_ID_PATTERN.test(id)) continue;
    throw new UsageError(
      `"${oneLine(id)}" is no task id: an id is 1 to 128 of A-Z a-z 0-9 . _ ~ : - and neither "." nor ".."`,
    );
  }
  return [...new Set(positionals)];
}
