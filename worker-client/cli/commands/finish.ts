import { isDeepStrictEqual } from "node:util";
import { defineCommand } from "../command.ts";
import { explainUnknown, UsageError } from "../failure.ts";
import { printTask } from "../task-lines.ts";
import { attemptNumber, durationSeconds, jsonValue, taskId } from "../values.ts";

const STATUSES = ["succeeded", "failed", "cancelled"] as const;
const EXAMPLE = "edge-canceler finish job-1 --attempt 1 --status succeeded";

const HELP = `Reports how an attempt ended.

  edge-canceler finish TASK --attempt N [--holder ID] --status STATUS [--result JSON | --error JSON]

  --attempt N      the attempt that start printed
  --holder ID      the holder that start was given. It tells this run from that of a later task with the same id
  --status STATUS  succeeded; failed; or cancelled if the worker was told to stop, and did
  --result JSON    the task's result
  --error JSON     what went wrong
  --no-retry       do not retry the task, even if it has attempts left
  --retry-after DURATION
                   when to retry it, instead of the task's own back-off

Examples:
  ${EXAMPLE} --result '{"loss":0.1}'
  edge-canceler finish job-1 --attempt 1 --status failed --error '{"message":"out of memory"}'

If the service cannot be reached, it tries for 5 minutes.

Exit code 1 if the task is unknown, 77 if another attempt runs the task now, or the task has ended in another way.`;

export const finish = defineCommand({
  name: "finish",
  summary: "reports how an attempt ended",
  help: HELP,
  options: {
    attempt: { type: "string" },
    holder: { type: "string" },
    status: { type: "string" },
    result: { type: "string" },
    error: { type: "string" },
    "no-retry": { type: "boolean" },
    "retry-after": { type: "string" },
  },
  async run(context, line) {
    const { values } = line;
    const retryAfter = values["retry-after"];
    const id = taskId(line, EXAMPLE);
    const end = {
      attempt: attemptNumber(values.attempt),
      holder: values.holder,
      status: statusOf(values.status),
      ...(values.result !== undefined && {
        result: jsonValue(values.result, "--result", '{"loss":0.1}'),
      }),
      ...(values.error !== undefined && {
        error: jsonValue(values.error, "--error", '{"message":"out of memory"}'),
      }),
      ...(values["no-retry"] && { retry: false }),
      ...(retryAfter !== undefined && {
        retryAfterSeconds: durationSeconds(retryAfter, "--retry-after"),
      }),
    };
    if (end.status !== "failed" && ("retry" in end || "retryAfterSeconds" in end)) {
      throw new UsageError("--no-retry and --retry-after are for --status failed");
    }
    if ("result" in end && "error" in end) {
      throw new UsageError("give --result or --error, not both");
    }
    // A report may stand for hours of work, so this does not give up early with `context.signal`.
    const task = await context.client().finish(id, end).catch(explainUnknown);
    printTask(context, task);
    const given = [end.result ?? null, end.error ?? null];
    // A task that is retried is pending, and has neither.
    if (task.endedAt !== null && !isDeepStrictEqual(given, [task.result, task.error])) {
      context.tell(`${id} had ended before: its result and error stay as they were`);
    }
    return 0;
  },
});

function statusOf(text = ""): (typeof STATUSES)[number] {
  const status = STATUSES.find((name) => name === text);
  if (status !== undefined) return status;
  throw new UsageError(`--status must be succeeded, failed or cancelled, not "${text}"`);
}
