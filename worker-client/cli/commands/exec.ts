import { defineCommand } from "../define-command.ts";
import { declarationOf } from "../exec/declaration-of.ts";
import { EXEC_FLAGS } from "../exec/exec-flags.ts";
import { EXEC_HELP } from "../exec/exec-help.ts";
import { readExecOptions } from "../exec/read-exec-options.ts";
import { SignalForwarding } from "../exec/signal-forwarding.ts";
import { TaskStart } from "../exec/task-start.ts";
import { UsageError } from "../usage-error.ts";

export const exec = defineCommand({
  name: "exec",
  summary: "runs a command as a task, and stops it when the task is cancelled",
  help: EXEC_HELP,
  options: EXEC_FLAGS,
  async run(context, line) {
    const options = readExecOptions(line);
    if (process.platform === "win32") {
      throw new UsageError("exec needs POSIX signals, which Windows has not: run it under WSL");
    }
    const { taskId } = options;
    const declaration = declarationOf(options);
    // Before the task is started: whoever ends exec from here on ends no half of it.
    const signals = new SignalForwarding();
    // The rest is loaded while the service is asked.
    const start = new TaskStart({ taskId, declaration, client: context.client });
    const { runExec } = await import("../exec/run-exec.ts");
    return runExec({ context, options, start, signals });
  },
});
