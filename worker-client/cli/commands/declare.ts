import { defineCommand } from "../command.ts";
import { DECLARATION_FLAGS, declarationHelp, readDeclaration } from "../declaration.ts";
import { explainUncovered } from "../failure.ts";
import { printTask } from "../task-lines.ts";
import { taskId } from "../values.ts";

const ATTEMPTS = 1;

const HELP = `Declares a task before anybody runs it. A task that exists stays as it is.

  edge-canceler declare TASK [--timeout 2h] [--grace 30s] [--retention 7d] [--metadata JSON]
                             [--max-attempts N [--backoff 10s]] [--start-within 1h]
                             [--parent TASK [--supersede]]

${declarationHelp(ATTEMPTS)}

Examples:
  edge-canceler declare job-1 --timeout 2h
  edge-canceler declare job-1 --grace 5m --metadata '{"model":"large"}'`;

export const declare = defineCommand({
  name: "declare",
  summary: "declares a task, with its timeouts",
  help: HELP,
  options: DECLARATION_FLAGS,
  async run(context, line) {
    const id = taskId(line, "edge-canceler declare job-1 --timeout 2h");
    const task = readDeclaration(line.values, ATTEMPTS);
    let isNew = false;
    const tasks = context.client(async (url, init) => {
      const response = await context.fetch(url, init);
      isNew = response.status === 201;
      return response;
    });
    const { signal } = context;
    const declared = await tasks.declare(id, task, { signal }).catch(explainUncovered);
    printTask(context, declared);
    if (!isNew) context.tell(`${id} exists already: its settings stay as they are`);
    return 0;
  },
});
