import { existsSync } from "node:fs";
import { type Command, defineCommand } from "../command.ts";
import { isProgram, requireDashes } from "../exec/options.ts";
import { EXIT_CODE, UsageError } from "../failure.ts";
import { readWorkerOptions, WORK_FLAGS } from "../work/options.ts";

const HELP = `Works on a queue: claims its tasks one by one, and runs a command for each, with the task's input.

  edge-canceler work [OPTION…] QUEUE -- COMMAND [ARG…]

Options:
  --concurrency N     how many commands run at a time (default: 1). A task is claimed when there is room
  --lease DURATION    how long a run may be silent before another worker gets the task, 10s to 1h (default:
                      60s). work sends signs of life
  --drain DURATION    how long running commands may take to finish when work is told to stop (default: 30s)
  --signal NAME       the signal that asks a command to stop (default: SIGTERM)
  --grace DURATION    how long a command may take to stop before SIGKILL, if the canceller does not say
                      (default: 30s, less 2 s for the report)
  --kill-mode MODE    group: all processes of the command get the signal (default)
                      mixed: only the command itself gets it; the rest gets SIGKILL once it has ended
  --stop-command CMD  a command for sh -c to run instead of sending the signal, for work that is elsewhere
  --pass-token        let the commands see EDGE_CANCELER_TOKEN (default: they do not)

Examples:
  edge-canceler work gpu -- python3 train.py
  edge-canceler work resize --concurrency 8 -- sh -c 'convert "$(jq -r .file)" -resize 50% out.png'
  edge-canceler submit gpu job-1 --input '{"epochs":90}'     # in another terminal

A command gets the input as a line of JSON on stdin, and in EDGE_CANCELER_INPUT. It also sees
EDGE_CANCELER_TASK, EDGE_CANCELER_ATTEMPT, EDGE_CANCELER_QUEUE and, if an earlier attempt reported any,
EDGE_CANCELER_PROGRESS. It reports progress by writing JSON, at most 4 KiB, to the file
EDGE_CANCELER_PROGRESS_FILE: readers of the task see it, and the next attempt gets it. It has the stdout and
stderr of work, whose own lines go to stderr.

If a command exits with 0, its task has succeeded. If not, the attempt has failed, and the task is retried if
it has attempts left (submit --max-attempts, default 3). A cancel stops the command with all that it has
started, as exec does. If the machine dies, another worker gets the task when the lease expires.

On SIGTERM, SIGHUP or Ctrl-C, work claims no more tasks, and running commands may finish within --drain. Those
that are left then, or at a second signal, are stopped, and their tasks are given back to the queue, which
does not count as a failure. A third signal does not wait for --grace. A task that may have only one attempt
is not given back, but fails. Commands do not get these signals themselves, not even on a terminal.

While the service is down, running commands go on for as long as their lease. Then they are stopped, because
other workers may get their tasks soon. work keeps asking for tasks until the service is back.

Exit code 0 when it was told to stop and no command is left, and
  77        the service refuses: the token may not work on this queue
  126, 127  the command cannot be executed, or was not found; its task is given back
  130       Ctrl-C`;

const definition = defineCommand({
  name: "work",
  summary: "runs a command for each task of a queue",
  help: HELP,
  options: WORK_FLAGS,
  async run(context, line) {
    const options = readWorkerOptions(line);
    if (process.platform === "win32") {
      throw new UsageError(
        "work needs POSIX signals, which Windows does not have: run it under WSL",
      );
    }
    const { file } = options;
    if (file.includes("/") ? !existsSync(file) : !isProgram(file, process.env["PATH"] ?? "")) {
      context.tell(`${file}: command not found: is its name right, and is it on the PATH?`);
      return EXIT_CODE.notFound;
    }
    const { runWorker } = await import("../work/worker.ts");
    return runWorker(context, options);
  },
});

export const work: Command = {
  ...definition,
  async run(args, environment) {
    requireDashes(args, { name: "work", object: "a queue", example: "gpu", flags: WORK_FLAGS });
    return definition.run(args, environment);
  },
};
