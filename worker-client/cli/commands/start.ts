import { defineCommand } from "../command.ts";
import { explainUncovered } from "../failure.ts";
import { printTask } from "../task-lines.ts";
import { leaseSeconds, retryPolicy, taskId } from "../values.ts";

const HELP = `Starts a task, and prints it with its attempt, which finish needs. The task need not be declared first.
To run a command as a task, use exec: it starts and finishes the task by itself.

  edge-canceler start TASK [--holder ID] [--lease 60s] [--take-over] [--max-attempts N [--backoff 10s]]

  --holder ID         an id for this run (default: a new one). A start with the same holder returns the
                      same attempt. A start with another holder begins the next attempt, and the earlier
                      one is told to stop
  --lease DURATION    how long the run may be silent before it counts as lost and the task is handed on, 10s
                      to 1h (default: for ever). heartbeat keeps it alive
  --take-over         take the task over even if another run holds a lease, or a back-off is not over
  --max-attempts N    how many attempts may fail or be lost, for a task that nobody has declared (default: 1)
  --backoff DURATION  the longest wait after its first failure, which doubles with each failure (default: 10s)

Examples:
  edge-canceler start job-1
  attempt=$(edge-canceler start job-1 --holder "$HOSTNAME-$$" --lease 5m --json | jq .attempt)

Exit code 77 if the task is being cancelled, has ended and cannot run again, is held by another run, or
waits for its next attempt.`;

export const start = defineCommand({
  name: "start",
  summary: "starts a task, and prints its attempt",
  help: HELP,
  options: {
    holder: { type: "string" },
    lease: { type: "string" },
    "take-over": { type: "boolean" },
    "max-attempts": { type: "string" },
    backoff: { type: "string" },
  },
  async run(context, line) {
    const { holder, lease, "take-over": takeOver } = line.values;
    const id = taskId(line, "edge-canceler start job-1");
    const options = {
      ...retryPolicy(line.values),
      ...(holder !== undefined && { holder }),
      ...(lease !== undefined && { leaseSeconds: leaseSeconds(lease) }),
      ...(takeOver && { takeOver }),
      signal: context.signal,
    };
    printTask(context, await context.client().start(id, options).catch(explainUncovered));
    return 0;
  },
});
