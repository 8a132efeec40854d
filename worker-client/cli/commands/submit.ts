import { type EnqueueResult, RequestRefusedError } from "../../index.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { DECLARATION_FLAGS, declarationHelp, readDeclaration } from "../declaration.ts";
import { EXIT_CODE, explainFailure } from "../failure.ts";
import { printTask } from "../task-lines.ts";
import { durationSeconds, jsonArgument, taskIds, toQueue, wholeNumber } from "../values.ts";

const EXAMPLE = `edge-canceler submit gpu job-1 --input '{"epochs":90}'`;

/** The service's default for a task in a queue. */
const ATTEMPTS = 3;

const HELP = `Puts tasks into a queue, where a worker (edge-canceler work) claims them, and prints them.

  edge-canceler submit QUEUE TASK… [--input JSON|@FILE|-] [--priority N] [--delay DURATION] [OPTION…]

  --input VALUE            the input for the worker, up to 64 KiB of JSON; @FILE reads it from a file, - from
                           stdin (default: null)
  --priority N             from -9 to 9: higher first, and among equals the one that has waited longest
                           (default: 0). Write a negative one with =, as in --priority=-5
  --delay DURATION         how long it waits, at least, before a worker gets it (default: not at all)
${declarationHelp(ATTEMPTS)}

Examples:
  ${EXAMPLE}
  edge-canceler submit gpu job-2 --input @params.json --priority 5 --timeout 2h
  edge-canceler submit nightly report-$(date +%F) --delay 8h
  edge-canceler cancel job-1          # takes it out of the queue; a worker that has it is told to stop

The id keeps a task from being submitted twice: one that exists already stays as it is, and submit says so.

Exit code 77 if a task is refused, for example because the queue is closed.`;

/** The service's limits for one request. */
const MAX_TASKS = 100;
const MAX_BYTES = 120_000;

export const submit = defineCommand({
  name: "submit",
  summary: "puts tasks into a queue",
  help: HELP,
  options: {
    ...DECLARATION_FLAGS,
    input: { type: "string" },
    priority: { type: "string" },
    delay: { type: "string" },
  },
  async run(context, { values, positionals: [name, ...names], rest }) {
    const { input, priority, delay } = values;
    const queue = toQueue(name, EXAMPLE);
    const ids = taskIds({ positionals: names, rest }, EXAMPLE);
    const task = {
      ...readDeclaration(values, ATTEMPTS),
      ...(input !== undefined && { input: jsonArgument(input, "--input", '{"epochs":90}') }),
      ...(priority !== undefined && { priority: wholeNumber(priority, "--priority", -9, 9) }),
      ...(delay !== undefined && { delaySeconds: durationSeconds(delay, "--delay") }),
    };
    const bytes = Buffer.byteLength(JSON.stringify(task)) + 150;
    const atOnce = Math.max(1, Math.min(MAX_TASKS, Math.floor(MAX_BYTES / bytes)));
    let exitCode = 0;
    for (let first = 0; first < ids.length; first += atOnce) {
      const batch = ids.slice(first, first + atOnce).map((id) => ({ ...task, id }));
      const { signal } = context;
      for (const result of await context.client().enqueue(queue, batch, { signal })) {
        exitCode = Math.max(exitCode, printResult(context, result, ids.length === 1));
      }
    }
    return exitCode;
  },
});

/** Returns the exit code for one task; the failure of the only one is thrown. */
function printResult(context: CommandContext, result: EnqueueResult, isOnly: boolean): number {
  if ("problem" in result) {
    const { id, problem } = result;
    const error = new RequestRefusedError(problem.status, problem);
    if (isOnly) throw error;
    const { exitCode, line } = explainFailure(error);
    context.tell(`${id}: ${line}`);
    return Math.max(exitCode, EXIT_CODE.no);
  }
  printTask(context, result.task);
  if (result.outcome === "known") {
    context.tell(`${result.id} exists already: it stays as it is`);
  }
  return 0;
}
