import type { TaskState } from "../../index.ts";
import { defineCommand } from "../define-command.ts";
import { followToEnd } from "../follow-to-end.ts";
import { LiveLine } from "../live-line.ts";
import { printTask } from "../print-task.ts";
import { receiptLine } from "../receipt-line.ts";
import { showDuration } from "../show-duration.ts";
import { statusLine } from "../status-line.ts";
import { taskId } from "../task-id.ts";

const HELP = `Watches a task until it has ended: a line for how it is, and for each change. A task that nobody knows
yet is waited for. Ctrl-C ends the watch, and does nothing to the task.

  edge-canceler watch TASK

Examples:
  edge-canceler watch job-1
  edge-canceler watch job-1 --json | jq -r .status
  edge-canceler watch job-1 >/dev/null && echo "job-1 is over"

Exit code 0 when the task has ended, however it did; 130 on Ctrl-C.`;

export const watch = defineCommand({
  name: "watch",
  summary: "watches a task until it has ended",
  help: HELP,
  options: {},
  async run(context, { positionals }) {
    const id = taskId(positionals, "edge-canceler watch job-1");
    // A watch tries for ever; whoever has the wrong address or token is told so now.
    let task = await context.client().get(id);
    if (task === null) context.tell(`nobody knows ${id} yet: waiting for it`);
    const sinceMs = Date.now();
    const live = new LiveLine(!context.json);
    const exitCode = await followToEnd(context.watchClient(), id, {
      onChange(changed) {
        task = changed;
        live.clear();
        printTask(context, task, task.cancellation ? receiptLine : statusLine);
      },
      onTick: () => live.show(liveText(id, task, sinceMs)),
    });
    live.clear();
    return exitCode;
  },
});

function liveText(id: string, task: TaskState | null, sinceMs: number): string {
  const since = task?.cancellation?.requestedAt ?? task?.startedAt ?? task?.createdAt;
  const forMs = Date.now() - (since === undefined ? sinceMs : Date.parse(since));
  return `${id}  ${task?.status ?? "unknown"} for ${showDuration(Math.max(0, forMs))}`;
}
