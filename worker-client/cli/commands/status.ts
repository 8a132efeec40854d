import type { TaskState } from "../../index.ts";
import { defineCommand } from "../command.ts";
import { forEachTask } from "../each-task.ts";
import { EXIT_CODE } from "../failure.ts";
import { taskLine } from "../task-lines.ts";
import { taskTable } from "../task-table.ts";
import { jsonLine, lineWidth } from "../terminal.ts";
import { taskIds } from "../values.ts";

const HELP = `Shows the state of tasks: one as a line, several as a table.

  edge-canceler status TASK…

Examples:
  edge-canceler status job-1
  edge-canceler status job-1 job-2 job-3
  edge-canceler status job-1 job-2 --json | jq -r '.id + " " + .status'

A task is pending after it was declared, then running, then succeeded or failed. A cancel makes a running
task cancelling until its worker stops. Then it is cancelled, or timed_out if its deadline was the cause.

In the table, RAN is how long the task ran, or has been running. "never acknowledged" means that the task
ended with its grace period: the worker never confirmed that it stopped, and its work may still be running.

Exit code 1 if one of the tasks is unknown.`;

export const status = defineCommand({
  name: "status",
  summary: "shows the state of tasks",
  help: HELP,
  options: {},
  async run(context, line) {
    const ids = taskIds(line, "edge-canceler status job-1");
    const { json, print, signal } = context;
    const tasks = context.client();
    const found = new Map<string, TaskState | null>();
    const exitCode = await forEachTask(ids, context, async (id) => {
      const task = await tasks.get(id, { signal });
      found.set(id, task);
      return task === null ? EXIT_CODE.no : 0;
    });
    // In the order in which they were named.
    const shown = new Map(
      ids.flatMap((id) => {
        const task = found.get(id);
        return task === undefined ? [] : [[id, task] as const];
      }),
    );
    if (json) {
      for (const [id, task] of shown) print(jsonLine(task ?? { id, status: "unknown" }));
    } else if (ids.length > 1) {
      for (const row of taskTable(shown, Date.now(), lineWidth())) print(row);
    } else {
      for (const [id, task] of shown) print(task === null ? `${id}  unknown` : taskLine(task));
    }
    return exitCode;
  },
});
