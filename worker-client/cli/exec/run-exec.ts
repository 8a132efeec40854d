import type { CommandContext } from "../command-context.ts";
import { oneLine } from "../one-line.ts";
import type { CommandEnd } from "./command-end.ts";
import { commandEnvironment } from "./command-environment.ts";
import type { CommandStop } from "./command-stop.ts";
import { CommandStopper } from "./command-stopper.ts";
import type { ExecOptions } from "./exec-options.ts";
import { exitCodeOf } from "./exit-code-of.ts";
import { reportWithin } from "./report-within.ts";
import { RunMark } from "./run-mark.ts";
import { RunningCommand } from "./running-command.ts";
import { SignalForwarding } from "./signal-forwarding.ts";
import { stopLine } from "./stop-line.ts";
import { superviseCommand } from "./supervise-command.ts";
import type { TaskStart } from "./task-start.ts";

/** So long the command waits for the service's answer, and no longer. */
const ANSWER_WITHIN_MS = 2000;
const NOT_RUN: CommandEnd = { exitCode: 0, signal: null, durationSeconds: 0, failure: null };

/** Runs a command as a task whose start is on its way, to the end of both; answers the exit code. */
export async function runExec(
  context: CommandContext,
  options: ExecOptions,
  start: TaskStart,
): Promise<number> {
  const { client, tell } = context;
  const signals = new SignalForwarding();
  const conclude = async (end: CommandEnd, stop: CommandStop | null) => {
    await reportWithin({ client, start, taskId: options.taskId, end, stop, signals, tell });
    return exitCodeOf(end, stop);
  };

  const soon = await start.soon(ANSWER_WITHIN_MS);
  if (soon?.kind === "refused") throw soon.error;
  if (soon?.kind === "cancelled") {
    tell(`the command is not started: the task was ${stopLine(soon.reason)}`);
    return exitCodeOf(NOT_RUN, { reason: soon.reason, signal: options.signal });
  }
  if (signals.first !== null) {
    return conclude({ ...NOT_RUN, exitCode: null, signal: signals.first }, null);
  }

  const command = new RunningCommand({
    file: options.file,
    args: options.args,
    environment: commandEnvironment(context.environment, options, start.attempt),
    mark: new RunMark(crypto.randomUUID()),
  });
  signals.forwardTo(command);
  if (soon === null) {
    tell("the service cannot be reached: the command runs all the same, cancels are heard later");
  }
  const stopper = new CommandStopper(command, options, tell);
  const release = superviseCommand({ context, options, start, stopper });
  const end = await command.ended;
  if (end.failure !== null) tell(oneLine(end.failure));
  await stopper.finished();
  release();
  return conclude(end, stopper.stop);
}
