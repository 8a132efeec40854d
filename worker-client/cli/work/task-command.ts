import { once } from "node:events";
import { TaskFailedError, type TaskRun } from "../../index.ts";
import type { CommandContext } from "../command.ts";
import { type CommandEnd, RunningCommand } from "../exec/command.ts";
import { commandEnvironment } from "../exec/options.ts";
import { ProgressFile } from "../exec/progress.ts";
import { finishRequest } from "../exec/report.ts";
import { RunMark } from "../exec/run-mark.ts";
import { CommandStopper } from "../exec/stop.ts";
import { warn } from "../exec/warn.ts";
import { stopReasonOf } from "../exec/watch.ts";
import { showDuration } from "../task-lines.ts";
import type { WorkerOptions } from "./options.ts";

interface TaskCommandOptions {
  readonly run: TaskRun;
  readonly options: WorkerOptions;
  readonly environment: CommandContext["environment"];
  /** Called with the command's stopper as soon as the command runs. */
  readonly onStart: (stopper: CommandStopper) => void;
  /** Called if the command cannot be started at all, which is not the task's fault. */
  readonly onUnspawned: (end: CommandEnd) => void;
}

/**
 * Runs the command of a worker for one task, with the task's input on its stdin, until nothing is left
 * of it. Returns the task's result; throws a `TaskFailedError` if the command failed.
 */
export async function runTaskCommand(given: TaskCommandOptions): Promise<unknown> {
  const { run, options, environment, onStart, onUnspawned } = given;
  const { id, attempt, input, signal } = run;
  const say = (line: string) => warn(`${id}: ${line}`);
  const progress = new ProgressFile({
    isStarted: () => true,
    // It never rejects: failures go to the `onError` of the worker.
    send: (value) => run.heartbeat(value),
  });
  const json = JSON.stringify(input);
  const variables = {
    ...commandEnvironment(environment, { ...options, taskId: id }, run, progress.path),
    EDGE_CANCELER_QUEUE: options.queue,
    EDGE_CANCELER_INPUT: json,
  };
  say(`runs (attempt ${attempt})`);
  const command = new RunningCommand({
    file: options.file,
    args: options.args,
    environment: variables,
    mark: new RunMark(crypto.randomUUID()),
    input: `${json}\n`,
  });
  const stopper = new CommandStopper({
    command,
    options,
    warn: say,
    // The service knows the grace period that the task was declared with, and a cancel names it.
    ownGrace: () => ({ seconds: options.graceSeconds, isDeclared: false }),
    environment: { ...variables, EDGE_CANCELER_PID: String(command.pid) },
  });
  onStart(stopper);
  const stop = () => stopper.begin(stopReasonOf(signal.reason, 0));
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  const end = await command.ended;
  await stopper.finished();
  signal.removeEventListener("abort", stop);
  await progress.close(signal);
  if (end.failure !== null) {
    onUnspawned(end);
    // This shuts the worker down, which gives the task back.
    if (!signal.aborted) await once(signal, "abort");
  }
  const ending = { end, stop: stopper.stop, interruptedBy: null };
  const { status, result, error } = finishRequest(attempt, ending);
  const how = howItEnded(end);
  if (stopper.stop === null) say(`${status} (${how})`);
  if (status === "succeeded") return result;
  throw new TaskFailedError(`${id}: ${how}`, { error: error ?? result });
}

/** How a command ended, in words. */
function howItEnded({ exitCode, signal, durationSeconds, failure }: CommandEnd): string {
  if (failure !== null) return failure;
  const how = signal === null ? `exit code ${exitCode}` : signal;
  return `${how} after ${showDuration(durationSeconds * 1000)}`;
}
