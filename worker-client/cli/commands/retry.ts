import { defineCommand } from "../command.ts";
import { forEachTask } from "../each-task.ts";
import { explainUnknown } from "../failure.ts";
import { printTask } from "../task-lines.ts";
import { taskIds } from "../values.ts";

const HELP = `Lets failed tasks run again. Each waits for a worker, in its queue if it has one, with all its
attempts and its full timeout. A failed task that was cancelled stays as it is.

  edge-canceler retry TASK…

Examples:
  edge-canceler retry frame-12
  edge-canceler retry frame-12 frame-13

Exit code 1 if a task is unknown, 77 if one has not failed.`;

export const retry = defineCommand({
  name: "retry",
  summary: "lets failed tasks run again",
  help: HELP,
  options: {},
  async run(context, line) {
    const ids = taskIds(line, "edge-canceler retry frame-12");
    const tasks = context.client();
    const { signal } = context;
    return forEachTask(ids, context, async (id) => {
      printTask(context, await tasks.retry(id, { signal }).catch(explainUnknown));
      return 0;
    });
  },
});
