import { defineCommand } from "../command.ts";
import { forEachTask } from "../each-task.ts";
import { jsonLine } from "../terminal.ts";
import { taskIds } from "../values.ts";

const HELP = `Forgets ended tasks now, before their retention is over. Nothing of them is kept, and
their ids can be used for new tasks.

  edge-canceler forget TASK…

Examples:
  edge-canceler forget job-1
  edge-canceler forget job-1 job-2

Exit code 77 if a task has not ended yet: cancel it first.`;

export const forget = defineCommand({
  name: "forget",
  summary: "forgets ended tasks now",
  help: HELP,
  options: {},
  async run(context, line) {
    const ids = taskIds(line, "edge-canceler forget job-1");
    const tasks = context.client();
    const { signal } = context;
    return forEachTask(ids, context, async (id) => {
      await tasks.forget(id, { signal });
      context.print(context.json ? jsonLine({ id, status: "unknown" }) : `${id}  forgotten`);
      return 0;
    });
  },
});
