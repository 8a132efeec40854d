import { defineCommand } from "../command.ts";
import { forEachTask } from "../each-task.ts";
import { EXIT_CODE } from "../failure.ts";
import { printTask, receiptLine } from "../task-lines.ts";
import { durationSeconds, taskIds } from "../values.ts";

const HELP = `Cancels tasks, and prints a line for each, with its receipt: when the cancel was asked for, handed to
the worker, acknowledged by it, and when the task ended. A cancel is on disk before it is printed, and it
holds, also for a task that nobody has started yet. The first cancel's reason stays.

  edge-canceler cancel TASK… [--reason TEXT] [--grace 30s] [--wait[=60s]]

  --reason TEXT      for people, at most 1,024 characters
  --grace DURATION   how long the worker may take to stop (default: what the task says, or 30s)
  --wait[=DURATION]  wait until the task has ended (default: 60s)

Examples:
  edge-canceler cancel job-1 --reason "wrong data"
  edge-canceler cancel job-1 job-2 job-3 --wait
  edge-canceler cancel job-1 --wait=5m --json | jq .cancellation.acknowledgedAt

Exit code 0 if every cancel is on record (with --wait: if every task has ended), 1 if one is not.`;

export const cancel = defineCommand({
  name: "cancel",
  summary: "cancels tasks, and shows the receipts",
  help: HELP,
  options: {
    reason: { type: "string" },
    grace: { type: "string" },
    wait: { type: "string" },
  },
  optionalValues: { wait: "60s" },
  async run(context, { positionals, values: { reason, grace, wait } }) {
    const ids = taskIds(positionals, 'edge-canceler cancel job-1 --reason "wrong data"');
    const gracePeriodSeconds = grace === undefined ? undefined : durationSeconds(grace, "--grace");
    const waitSeconds = wait === undefined ? 0 : durationSeconds(wait, "--wait");
    const tasks = context.client();
    return forEachTask(ids, context, async (id) => {
      const task = await tasks.cancel(id, { reason, gracePeriodSeconds, waitSeconds });
      printTask(context, task, receiptLine);
      const isDone = wait === undefined ? task.cancellation !== null : task.endedAt !== null;
      return isDone ? 0 : EXIT_CODE.no;
    });
  },
});
