import type { DeclareRequest, JsonObject } from "../index.ts";
import type { CommandLine } from "./arguments.ts";
import { UsageError } from "./failure.ts";
import { durationSeconds, isJsonObject, jsonValue, retryPolicy, toTaskId } from "./values.ts";

/** The options for what a task is declared with, in the form of `parseArgs`. */
export const DECLARATION_FLAGS = {
  timeout: { type: "string" },
  grace: { type: "string" },
  retention: { type: "string" },
  metadata: { type: "string" },
  "max-attempts": { type: "string" },
  backoff: { type: "string" },
  "start-within": { type: "string" },
  parent: { type: "string" },
  supersede: { type: "boolean" },
} as const;

/** The help for these options, with the default of `--max-attempts`. */
export function declarationHelp(maxAttempts: number): string {
  return `  --timeout DURATION       the deadline: how long after its start the task is cancelled (default: never)
  --grace DURATION         how long a worker may take to stop (default: 30s)
  --retention DURATION     how long the task is remembered after its end (default: 7d)
  --metadata JSON          a JSON object for people to read
  --max-attempts N         how many attempts may fail or be lost before the task fails (default: ${maxAttempts})
  --backoff DURATION       the longest wait after the first failure (default: 10s). It doubles with each
                           failure, and the actual wait is a random part of it
  --start-within DURATION  how soon the task has to be started, or it times out (default: no limit)
  --parent TASK            the task that it is cancelled with (default: none)
  --supersede              cancel the parent's earlier children once this task is declared`;
}

/** Reads the declaration of a task from the options. */
export function readDeclaration(
  values: CommandLine<typeof DECLARATION_FLAGS>["values"],
  defaultAttempts: number,
): DeclareRequest {
  const { timeout, grace, retention, metadata, parent, supersede } = values;
  if (supersede && parent === undefined) {
    throw new UsageError("--supersede needs a --parent, whose other children are cancelled");
  }
  const secondsOf = (text: string | undefined, name: string) =>
    text === undefined ? undefined : durationSeconds(text, name);
  return {
    ...retryPolicy(values, defaultAttempts),
    startWithinSeconds: secondsOf(values["start-within"], "--start-within"),
    timeoutSeconds: secondsOf(timeout, "--timeout"),
    gracePeriodSeconds: secondsOf(grace, "--grace"),
    retentionSeconds: secondsOf(retention, "--retention"),
    metadata: metadata === undefined ? undefined : objectOf(metadata),
    parent: parent === undefined ? undefined : toTaskId(parent),
    supersede,
  };
}

function objectOf(text: string): JsonObject {
  const example = '{"model":"large"}';
  const value = jsonValue(text, "--metadata", example);
  if (isJsonObject(value)) return value;
  throw new UsageError(`--metadata must be a JSON object, such as '${example}', not "${text}"`);
}
