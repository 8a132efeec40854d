import { type Command, defineCommand } from "../command.ts";
import { EXEC_HELP } from "../exec/help.ts";
import {
  declarationOf,
  EXEC_FLAGS,
  readExecOptions,
  requireDashes,
  startRequestOf,
} from "../exec/options.ts";
import { SignalForwarding } from "../exec/signals.ts";
import { TaskStart } from "../exec/start.ts";
import { UsageError } from "../failure.ts";

const definition = defineCommand({
  name: "exec",
  summary: "runs a command as a task, and stops it when the task is cancelled",
  help: EXEC_HELP,
  options: EXEC_FLAGS,
  async run(context, line) {
    const options = readExecOptions(line, context.environment);
    if (process.platform === "win32") {
      throw new UsageError(
        "exec needs POSIX signals, which Windows does not have: run it under WSL",
      );
    }
    const { taskId, ifRunning } = options;
    // This comes before the start: a signal from here on leaves no task half started.
    const signals = new SignalForwarding();
    // The rest is loaded while the service answers.
    const start = new TaskStart({
      ...context,
      taskId,
      declaration: declarationOf(options),
      request: startRequestOf(options),
      refusesRunning: ifRunning === "refuse",
    });
    const { runExec } = await import("../exec/run.ts");
    return runExec({ context, options, start, signals });
  },
});

export const exec: Command = {
  ...definition,
  async run(args, environment) {
    requireDashes(args);
    return definition.run(args, environment);
  },
};
