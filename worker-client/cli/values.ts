import type { JsonValue } from "../index.ts";
import { TASK_ID_PATTERN, TASK_ID_RULE } from "../protocol.ts";
import { UsageError } from "./failure.ts";
import { oneLine } from "./terminal.ts";

const UNITS = { d: 86_400, h: 3600, m: 60, s: 1, ms: 0.001 } as const;
const DURATION =
  /^(?:(?<d>\d+(?:\.\d+)?)d)?(?:(?<h>\d+(?:\.\d+)?)h)?(?:(?<m>\d+(?:\.\d+)?)m(?!s))?(?:(?<s>\d+(?:\.\d+)?)s)?(?:(?<ms>\d+(?:\.\d+)?)ms)?$/;

/**
 * A duration as people write it, such as `90s`, `5m`, `2h30m` or `1d`, in seconds. `name` is the
 * flag that it was given with. A number without a unit is refused: nobody can tell what was meant.
 */
export function durationSeconds(text: string, name: string): number {
  const amounts = text === "" ? undefined : DURATION.exec(text)?.groups;
  if (amounts === undefined) {
    const said = /^\d+(\.\d+)?$/.test(text) ? `, such as ${text}s` : "";
    throw new UsageError(
      `${name} must be a duration like 90s, 5m, 2h30m or 1d, not "${text}"${said && ` (give a unit${said})`}`,
    );
  }
  let seconds = 0;
  for (const [unit, factor] of Object.entries(UNITS))
    seconds += Number(amounts[unit] ?? 0) * factor;
  return Number(seconds.toFixed(3));
}

/** The task that a command was called with, where it takes one. */
export function taskId(positionals: readonly string[], example: string): string {
  const [id = "", other] = taskIds(positionals, example);
  if (other === undefined) return id;
  throw new UsageError(`name one task, not ${positionals.length}: ${example}`);
}

/**
 * The tasks that a command was called with, each once. All are looked at before anything is sent:
 * a slip in the last must not leave the others half done.
 */
export function taskIds(positionals: readonly string[], example: string): readonly string[] {
  if (positionals.length === 0) throw new UsageError(`name a task: ${example}`);
  for (const id of positionals) {
    if (TASK_ID_PATTERN.test(id)) continue;
    throw new UsageError(`"${oneLine(id)}" is not a valid task id: ${TASK_ID_RULE}`);
  }
  return [...new Set(positionals)];
}

/** What was given as JSON with a flag. */
export function jsonValue(text: string, name: string, example: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    throw new UsageError(`${name} must be JSON, such as '${example}', not "${text}"`);
  }
}
