import { defineCommand } from "../command.ts";
import { forEachTask } from "../each-task.ts";
import { EXIT_CODE } from "../failure.ts";
import { printTask } from "../task-lines.ts";
import { jsonLine } from "../terminal.ts";
import { taskIds } from "../values.ts";

const HELP = `Shows how tasks are: a line each.

  edge-canceler status TASK…

Examples:
  edge-canceler status job-1
  edge-canceler status job-1 job-2 --json | jq -r .status

Exit code 1 if one of them is not known.`;

export const status = defineCommand({
  name: "status",
  summary: "shows how tasks are",
  help: HELP,
  options: {},
  async run(context, { positionals }) {
    const ids = taskIds(positionals, "edge-canceler status job-1");
    const tasks = context.client();
    const answers = new Map<string, () => void>();
    const exitCode = await forEachTask(ids, context, async (id) => {
      const task = await tasks.get(id);
      answers.set(id, () => {
        if (task !== null) printTask(context, task);
        else context.print(context.json ? jsonLine({ id, status: "unknown" }) : `${id}  unknown`);
      });
      return task === null ? EXIT_CODE.no : 0;
    });
    // In the order in which they were named.
    for (const id of ids) answers.get(id)?.();
    return exitCode;
  },
});
