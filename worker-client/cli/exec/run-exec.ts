import type { CommandContext } from "../command-context.ts";
import type { CommandEnd } from "./command-end.ts";
import { commandEnvironment } from "./command-environment.ts";
import { CommandStopper } from "./command-stopper.ts";
import { declarationOf } from "./declaration-of.ts";
import type { ExecOptions } from "./exec-options.ts";
import { exitCodeOf } from "./exit-code-of.ts";
import { reportWithin } from "./report-within.ts";
import { ringAtDeadline } from "./ring-at-deadline.ts";
import { RunMark } from "./run-mark.ts";
import { RunningCommand } from "./running-command.ts";
import { SignalForwarding } from "./signal-forwarding.ts";
import { stopLine } from "./stop-line.ts";
import { TaskStart } from "./task-start.ts";
import { watchTask } from "./watch-task.ts";

/** So long the command waits for the service's answer, and no longer. */
const ANSWER_WITHIN_MS = 2000;
const NOT_RUN: CommandEnd = { exitCode: 0, signal: null, durationSeconds: 0, failure: null };

/** Runs a command as a task, to the end of both; answers the exit code. */
export async function runExec(context: CommandContext, options: ExecOptions): Promise<number> {
  const { client, tell, environment } = context;
  const { taskId, file, args } = options;
  const tasks = client();
  const signals = new SignalForwarding();
  const start = new TaskStart({ taskId, declaration: declarationOf(options), client });
  const soon = await start.soon(ANSWER_WITHIN_MS);
  if (soon?.kind === "refused") throw soon.error;
  if (soon?.kind === "cancelled") {
    tell(`the command is not started, the task was ${stopLine(soon.reason)}`);
    return exitCodeOf(NOT_RUN, { reason: soon.reason, signal: options.signal });
  }
  const report = (end: CommandEnd, stopper: CommandStopper | null) =>
    reportWithin({ tasks, start, taskId, end, stop: stopper?.stop ?? null, signals, tell });
  if (signals.first !== null) {
    const end = { ...NOT_RUN, exitCode: null, signal: signals.first };
    await report(end, null);
    return exitCodeOf(end, null);
  }

  const command = new RunningCommand({
    file,
    args,
    environment: commandEnvironment(environment, options, start.attempt),
    mark: new RunMark(crypto.randomUUID()),
  });
  signals.forwardTo(command);
  if (soon === null) {
    tell("the service cannot be reached: the command runs all the same, cancels are heard later");
  }
  const stopper = new CommandStopper(command, options, tell);
  const over = new AbortController();
  start.outcome.then(
    (outcome) => {
      if (outcome?.kind === "cancelled") stopper.begin(outcome.reason);
      if (outcome?.kind === "refused" && !command.hasEnded) {
        tell(`the command goes on and cannot be cancelled: ${outcome.error.message}`);
      }
    },
    () => {},
  );
  const watch = watchTask(tasks, {
    taskId,
    abortAfterSeconds: options.abortAfterSeconds,
    attempt: () => start.attempt,
    onStop: (reason) => stopper.begin(reason),
    onRefused: ({ message }) => tell(`the command goes on and cannot be cancelled: ${message}`),
  });
  if (options.timeoutSeconds !== null) {
    const seconds = options.timeoutSeconds;
    const ring = () => stopper.begin({ kind: "deadline", seconds });
    ringAtDeadline(seconds, ring, over.signal);
  }

  const end = await command.ended;
  over.abort();
  if (end.failure !== null) tell(end.failure);
  await stopper.finished();
  watch.close();
  await report(end, stopper);
  return exitCodeOf(end, stopper.stop);
}
