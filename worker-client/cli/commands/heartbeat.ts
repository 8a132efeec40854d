import { defineCommand } from "../command.ts";
import { explainUnknown } from "../failure.ts";
import { printTask } from "../task-lines.ts";
import { attemptNumber, holderId, jsonArgument, taskId } from "../values.ts";

const EXAMPLE = "edge-canceler heartbeat job-1 --attempt 1 --holder gpu-7";
const PROGRESS = '{"epoch":3}';

const HELP = `Keeps the lease of a run alive, reports its progress, and prints the task. exec does this for its command.

  edge-canceler heartbeat TASK --attempt N --holder ID [--progress JSON|@FILE]

  --attempt N      the attempt that start printed
  --holder ID      the holder that start was given
  --progress JSON  the progress, up to 4 KiB: readers see it, and the next attempt gets it.
                   @FILE reads it from a file

Examples:
  ${EXAMPLE}
  ${EXAMPLE} --progress '${PROGRESS}'

Exit code 1 if the task is unknown, 77 if the attempt no longer counts.`;

export const heartbeat = defineCommand({
  name: "heartbeat",
  summary: "keeps the lease of a run alive, and reports its progress",
  help: HELP,
  options: {
    attempt: { type: "string" },
    holder: { type: "string" },
    progress: { type: "string" },
  },
  async run(context, line) {
    const { attempt, holder, progress } = line.values;
    const id = taskId(line, EXAMPLE);
    const sign = {
      attempt: attemptNumber(attempt),
      holder: holderId(holder),
      ...(progress !== undefined && {
        progress: jsonArgument(progress, "--progress", PROGRESS),
      }),
    };
    const { signal } = context;
    printTask(
      context,
      await context.client().heartbeat(id, sign, { signal }).catch(explainUnknown),
    );
    return 0;
  },
});
