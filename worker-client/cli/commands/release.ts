import { defineCommand } from "../command.ts";
import { explainUnknown } from "../failure.ts";
import { printTask } from "../task-lines.ts";
import { attemptNumber, durationSeconds, holderId, taskId } from "../values.ts";

const EXAMPLE = "edge-canceler release job-1 --attempt 1 --holder gpu-7";

const HELP = `Gives a task back that can no longer be worked on here. The next attempt may begin, and this one does
not count as a failure. exec does this for a task with --max-attempts when it is told to stop.

  edge-canceler release TASK --attempt N --holder ID [--delay DURATION]

  --attempt N       the attempt that start printed
  --holder ID       the holder that start was given
  --delay DURATION  how long the next attempt has to wait (default: it may begin at once)

Examples:
  ${EXAMPLE}
  ${EXAMPLE} --delay 5m

Exit code 1 if the task is unknown, 77 if the attempt no longer counts.`;

export const release = defineCommand({
  name: "release",
  summary: "gives a task back",
  help: HELP,
  options: {
    attempt: { type: "string" },
    holder: { type: "string" },
    delay: { type: "string" },
  },
  async run(context, line) {
    const { attempt, holder, delay } = line.values;
    const id = taskId(line, EXAMPLE);
    const run = {
      attempt: attemptNumber(attempt),
      holder: holderId(holder),
      ...(delay !== undefined && { delaySeconds: durationSeconds(delay, "--delay") }),
    };
    const { signal } = context;
    printTask(context, await context.client().release(id, run, { signal }).catch(explainUnknown));
    return 0;
  },
});
