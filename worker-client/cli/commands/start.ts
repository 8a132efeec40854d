import { defineCommand } from "../command.ts";
import { printTask } from "../task-lines.ts";
import { taskId } from "../values.ts";

const HELP = `Starts a task, and prints it with its attempt, which finish needs. Nobody has to declare the task first.
To run a command as a task, use exec: it starts and finishes the task by itself.

  edge-canceler start TASK [--holder ID]

  --holder ID  an id for this run (default: a new one). A start with the same holder returns the same
               attempt. A start with another holder begins the next attempt, and the earlier one is told
               to stop

Examples:
  edge-canceler start job-1
  attempt=$(edge-canceler start job-1 --holder "$HOSTNAME" --json | jq .attempt)

Exit code 77 if the task is being cancelled, or does not run again because of how it ended.`;

export const start = defineCommand({
  name: "start",
  summary: "starts a task, and prints its attempt",
  help: HELP,
  options: { holder: { type: "string" } },
  async run(context, line) {
    const { holder } = line.values;
    const id = taskId(line, "edge-canceler start job-1");
    const { signal } = context;
    const options = holder === undefined ? { signal } : { holder, signal };
    printTask(context, await context.client().start(id, options));
    return 0;
  },
});
