import { defineCommand } from "../command.ts";
import { printTask } from "../task-lines.ts";
import { taskId } from "../values.ts";

const HELP = `Starts a task, known or not, and prints it with its attempt, which finish wants to know. For a program
of one command, exec does it all.

  edge-canceler start TASK [--holder ID]

  --holder ID  an id of this run: who starts with the same again gets the same attempt, anybody else the
               next one, and the earlier attempt is told to stop (default: a new id)

Examples:
  edge-canceler start job-1
  attempt=$(edge-canceler start job-1 --holder "$HOSTNAME" --json | jq .attempt)

Exit code 77 if the task is being cancelled or has ended.`;

export const start = defineCommand({
  name: "start",
  summary: "starts a task, and answers the attempt",
  help: HELP,
  options: { holder: { type: "string" } },
  async run(context, { positionals, values: { holder } }) {
    const id = taskId(positionals, "edge-canceler start job-1");
    printTask(context, await context.client().start(id, holder === undefined ? {} : { holder }));
    return 0;
  },
});
