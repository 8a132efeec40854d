import type { JsonObject } from "../../index.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../failure.ts";
import { printTask } from "../task-lines.ts";
import { durationSeconds, jsonValue, retryPolicy, taskId } from "../values.ts";

const HELP = `Declares a task before anybody runs it. A task that exists stays as it is.

  edge-canceler declare TASK [--timeout 2h] [--grace 30s] [--retention 7d] [--metadata JSON]
                             [--max-attempts N [--backoff 10s]] [--start-within 1h]

  --timeout DURATION       the deadline: how long after its start the task is cancelled (default: never)
  --grace DURATION         how long a worker may take to stop (default: 30s)
  --retention DURATION     how long the task is remembered after its end (default: 7d)
  --metadata JSON          a JSON object for people to read
  --max-attempts N         how many attempts may fail or be lost before the task has failed (default: 1)
  --backoff DURATION       how long it waits after its first failure; the time doubles with each, and a
                           random part of it counts (default: 10s)
  --start-within DURATION  a task that nobody has started by then has timed out (default: never)

Examples:
  edge-canceler declare job-1 --timeout 2h
  edge-canceler declare job-1 --grace 5m --metadata '{"model":"large"}'`;

export const declare = defineCommand({
  name: "declare",
  summary: "declares a task, with its times",
  help: HELP,
  options: {
    timeout: { type: "string" },
    grace: { type: "string" },
    retention: { type: "string" },
    metadata: { type: "string" },
    "max-attempts": { type: "string" },
    backoff: { type: "string" },
    "start-within": { type: "string" },
  },
  async run(context, line) {
    const { timeout, grace, retention, metadata } = line.values;
    const id = taskId(line, "edge-canceler declare job-1 --timeout 2h");
    const secondsOf = (text: string | undefined, name: string) =>
      text === undefined ? undefined : durationSeconds(text, name);
    const task = {
      ...retryPolicy(line.values),
      startWithinSeconds: secondsOf(line.values["start-within"], "--start-within"),
      timeoutSeconds: secondsOf(timeout, "--timeout"),
      gracePeriodSeconds: secondsOf(grace, "--grace"),
      retentionSeconds: secondsOf(retention, "--retention"),
      metadata: metadata === undefined ? undefined : objectOf(metadata),
    };
    printTask(context, await context.client().declare(id, task, { signal: context.signal }));
    return 0;
  },
});

function objectOf(text: string): JsonObject {
  const example = '{"model":"large"}';
  const value = jsonValue(text, "--metadata", example);
  if (isObject(value)) return value;
  throw new UsageError(`--metadata must be a JSON object, such as '${example}', not "${text}"`);
}

function isObject(value: ReturnType<typeof jsonValue>): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
