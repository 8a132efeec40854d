import type { CommandContext } from "../command-context.ts";
import { oneLine } from "../one-line.ts";
import type { CommandEnd } from "./command-end.ts";
import { commandEnvironment } from "./command-environment.ts";
import type { CommandStop } from "./command-stop.ts";
import { CommandStopper } from "./command-stopper.ts";
import { dieOfInterrupt } from "./die-of-interrupt.ts";
import type { ExecOptions } from "./exec-options.ts";
import { exitCodeOf } from "./exit-code-of.ts";
import { letGoOfStdio } from "./let-go-of-stdio.ts";
import { reportWithin } from "./report-within.ts";
import { RunMark } from "./run-mark.ts";
import { RunningCommand } from "./running-command.ts";
import type { SignalForwarding } from "./signal-forwarding.ts";
import { stopLine } from "./stop-line.ts";
import { superviseCommand } from "./supervise-command.ts";
import type { TaskStart } from "./task-start.ts";
import { tellBriefly } from "./tell-briefly.ts";

/** So long the command waits for the service's answer, and no longer. */
const ANSWER_WITHIN_MS = 2000;
const NOT_RUN: CommandEnd = { exitCode: 0, signal: null, durationSeconds: 0, failure: null };

interface Options {
  readonly context: CommandContext;
  readonly options: ExecOptions;
  readonly start: TaskStart;
  readonly signals: SignalForwarding;
}

/** Runs a command as a task whose start is on its way, to the end of both; answers the exit code. */
export async function runExec({ context, options, start, signals }: Options): Promise<number> {
  const { client } = context;
  const { taskId } = options;
  const conclude = async (end: CommandEnd, stop: CommandStop | null) => {
    await reportWithin({ client, start, taskId, end, stop, signals });
    letGoOfStdio([0, 1, 2]);
    if (stop === null && end.signal === "SIGINT") await dieOfInterrupt();
    return exitCodeOf(end, stop);
  };

  const soon = await start.soon(ANSWER_WITHIN_MS);
  if (soon?.kind === "refused") throw soon.error;
  if (soon?.kind === "cancelled") {
    tellBriefly(`the command is not started: the task was ${stopLine(soon.reason)}`);
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
    tellBriefly(
      "the service cannot be reached: the command runs all the same, cancels are heard later",
    );
  }
  const stopper = new CommandStopper(command, options);
  const release = superviseCommand({ context, options, start, stopper });
  const end = await command.ended;
  if (end.failure !== null) tellBriefly(oneLine(end.failure));
  await stopper.finished();
  release();
  return conclude(end, stopper.stop);
}
