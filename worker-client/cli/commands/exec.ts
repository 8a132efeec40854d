import { defineCommand } from "../command.ts";
import { EXEC_HELP } from "../exec/help.ts";
import { declarationOf, EXEC_FLAGS, readExecOptions } from "../exec/options.ts";
import { SignalForwarding } from "../exec/signals.ts";
import { TaskStart } from "../exec/start.ts";
import { UsageError } from "../failure.ts";

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
    const { runExec } = await import("../exec/run.ts");
    return runExec({ context, options, start, signals });
  },
});
