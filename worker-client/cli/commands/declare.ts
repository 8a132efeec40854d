import type { JsonObject } from "../../index.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../failure.ts";
import { printTask } from "../task-lines.ts";
import { durationSeconds, jsonValue, taskId } from "../values.ts";

const HELP = `Makes a task known before anybody runs it. A task that is known already stays as it is.

  edge-canceler declare TASK [--timeout 2h] [--grace 30s] [--retention 7d] [--metadata JSON]

  --timeout DURATION    a running task is cancelled so long after its first start (default: never)
  --grace DURATION      how long a worker may take to stop (default: 30s)
  --retention DURATION  how long the task is remembered after its end (default: 7d)
  --metadata JSON       an object with anything that helps a reader

Examples:
  edge-canceler declare job-1 --timeout 2h
  edge-canceler declare job-1 --grace 5m --metadata '{"model":"large"}'`;

export const declare = defineCommand({
  name: "declare",
  summary: "makes a task known, with its time-outs",
  help: HELP,
  options: {
    timeout: { type: "string" },
    grace: { type: "string" },
    retention: { type: "string" },
    metadata: { type: "string" },
  },
  async run(context, { positionals, values: { timeout, grace, retention, metadata } }) {
    const id = taskId(positionals, "edge-canceler declare job-1 --timeout 2h");
    const secondsOf = (text: string | undefined, name: string) =>
      text === undefined ? undefined : durationSeconds(text, name);
    const task = {
      timeoutSeconds: secondsOf(timeout, "--timeout"),
      gracePeriodSeconds: secondsOf(grace, "--grace"),
      retentionSeconds: secondsOf(retention, "--retention"),
      metadata: metadata === undefined ? undefined : objectOf(metadata),
    };
    printTask(context, await context.client().declare(id, task));
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
