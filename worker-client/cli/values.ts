import { readFileSync } from "node:fs";
import type { JsonObject, JsonValue, RetryPolicy } from "../index.ts";
import { cutText } from "../protocol.ts";
import {
  escapeTaskId,
  TASK_ID_PATTERN,
  TASK_ID_RULE,
  TASK_PREFIX_PATTERN,
  TASK_PREFIX_RULE,
} from "../task-id.ts";
import { UsageError } from "./failure.ts";

const UNITS = { d: 86_400, h: 3600, m: 60, s: 1, ms: 0.001 } as const;
const DURATION =
  /^(?:(?<d>\d+(?:\.\d+)?)d)?(?:(?<h>\d+(?:\.\d+)?)h)?(?:(?<m>\d+(?:\.\d+)?)m(?!s))?(?:(?<s>\d+(?:\.\d+)?)s)?(?:(?<ms>\d+(?:\.\d+)?)ms)?$/;

/**
 * Parses a duration such as `90s`, `5m`, `2h30m` or `1d`, and returns it in seconds. `name` is the
 * option that it was given with. A number without a unit is refused, because it is ambiguous.
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

interface Arguments {
  readonly positionals: readonly string[];
  /** What came after `--`. */
  readonly rest: readonly string[] | null;
}

/** The id of the only task that a command was called with. */
export function taskId(args: Arguments, example: string): string {
  const [id = "", ...others] = taskIds(args, example);
  if (others.length === 0) return id;
  throw new UsageError(`name one task, not ${others.length + 1}: ${example}`);
}

/**
 * The ids of the tasks that a command was called with, each once. All are checked before anything is
 * sent, so a typo in the last one does not leave the command half done.
 */
export function taskIds({ positionals, rest }: Arguments, example: string): readonly string[] {
  const names = [...positionals, ...(rest ?? [])];
  if (names.length === 0) throw new UsageError(`name a task: ${example}`);
  return [...new Set(names.map(toTaskId))];
}

/** Escapes a name to a task id. Throws a `UsageError` if it is invalid even then. */
export function toTaskId(name: string): string {
  const id = escapeTaskId(name);
  if (TASK_ID_PATTERN.test(id)) return id;
  throw new UsageError(`"${name}" is not a valid task id: ${TASK_ID_RULE}`);
}

const SHOWN_CHARACTERS = 200;

/** Escapes the prefix that was given with `--prefix`. */
export function toPrefix(text: string): string {
  if (text === "") throw new UsageError("--prefix must not be empty");
  const prefix = escapeTaskId(text);
  if (TASK_PREFIX_PATTERN.test(prefix)) return prefix;
  const said = cutText(text, SHOWN_CHARACTERS);
  throw new UsageError(
    `--prefix must be the beginning of a task id (${TASK_PREFIX_RULE}), not "${said}"`,
  );
}

/** Parses the JSON value that was given with an option. */
export function jsonValue(text: string, name: string, example: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text);
    // This throws if the value is nested too deep to be sent.
    JSON.stringify(value);
    return value;
  } catch {
    const said = cutText(text, SHOWN_CHARACTERS);
    throw new UsageError(`${name} must be JSON, such as '${example}', not "${said}"`);
  }
}

export function isJsonObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Like `jsonValue`, for an option that also takes `@FILE`, or `-` for stdin. */
export function jsonArgument(text: string, name: string, example: string): JsonValue {
  if (text !== "-" && !text.startsWith("@")) return jsonValue(text, name, example);
  try {
    const content = readFileSync(text === "-" ? 0 : text.slice(1), "utf8");
    return jsonValue(content, name, example);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${name} cannot be read: ${why}`);
  }
}

/** The name of the queue that a command was called with. It follows the rules for task ids. */
export function toQueue(name: string | undefined, example: string): string {
  if (name === undefined) throw new UsageError(`name a queue: ${example}`);
  const queue = escapeTaskId(name);
  if (TASK_ID_PATTERN.test(queue)) return queue;
  throw new UsageError(`"${name}" is not a valid queue: ${TASK_ID_RULE}`);
}

/** Parses a whole number that was given with an option. */
export function wholeNumber(text: string, name: string, least: number, most: number): number {
  const number = /^-?\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`${name} must be a number from ${least} to ${most}, not "${text}"`);
}

/** The attempt that was given with `--attempt`. */
export function attemptNumber(text = ""): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`--attempt must be the number that start printed, such as 1, not "${text}"`);
}

/** The holder that was given with `--holder`, where one is needed. */
export function holderId(text = ""): string {
  if (text !== "") return text;
  throw new UsageError("give the holder that start was given: --holder gpu-7");
}

/** The lease that was given with `--lease`. */
export function leaseSeconds(text: string): number {
  const seconds = durationSeconds(text, "--lease");
  if (seconds >= 10 && seconds <= 3600) return seconds;
  throw new UsageError(`--lease must be from 10s to 1h, not "${text}"`);
}

interface RetryFlags {
  readonly "max-attempts"?: string | undefined;
  readonly backoff?: string | undefined;
}

/** The attempts and back-off of `--max-attempts` and `--backoff`. `defaultAttempts` is the service's default. */
export function retryPolicy(
  { "max-attempts": attempts, backoff }: RetryFlags,
  defaultAttempts = 1,
): RetryPolicy {
  if (attempts === undefined && defaultAttempts === 1 && backoff !== undefined) {
    throw new UsageError("--backoff is between attempts: give --max-attempts too");
  }
  return {
    ...(attempts !== undefined && { maxAttempts: wholeNumber(attempts, "--max-attempts", 1, 100) }),
    ...(backoff !== undefined && { backoffSeconds: durationSeconds(backoff, "--backoff") }),
  };
}
