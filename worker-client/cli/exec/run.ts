import { setTimeout as sleep } from "node:timers/promises";
import { isatty } from "node:tty";
import type { TaskState, TaskWatch } from "../../index.ts";
import type { CommandContext } from "../command.ts";
import { EXIT_CODE, explainUncovered } from "../failure.ts";
import { paced } from "../paced.ts";
import { type CommandEnd, RunningCommand, releaseStdio } from "./command.ts";
import { lightFetch } from "./light-fetch.ts";
import { commandEnvironment, type ExecOptions } from "./options.ts";
import { ProgressFile } from "./progress.ts";
import { exitCodeOf, reportWithin } from "./report.ts";
import { RunMark } from "./run-mark.ts";
import type { SignalForwarding } from "./signals.ts";
import type { TaskStart } from "./start.ts";
import { type CommandStop, CommandStopper, stopLine } from "./stop.ts";
import { warn } from "./warn.ts";
import { isDeadlineOnRecord, startDeadline, watchTask } from "./watch.ts";

/** How long the command waits for the service's response to the start. */
const ANSWER_WITHIN_MS = 2000;
const NOT_RUN: CommandEnd = { exitCode: 0, signal: null, durationSeconds: 0, failure: null };

interface Options {
  readonly context: CommandContext;
  readonly options: ExecOptions;
  readonly start: TaskStart;
  readonly signals: SignalForwarding;
}

/** Runs a command as a task whose start is pending, until both have ended. Returns the exit code. */
export async function runExec({ context, options, start, signals }: Options): Promise<number> {
  const { taskId } = options;
  let progress: ProgressFile | null = null;
  const conclude = async (end: CommandEnd, stop: CommandStop | null) => {
    const ended = { end, stop, interruptedBy: signals.interruptedBy };
    const ending = await reportWithin({ context, start, taskId, ending: ended, signals, progress });
    releaseStdio([0, 1, 2]);
    if (stop === null && end.signal === "SIGINT") await raiseSigint();
    return exitCodeOf(ending);
  };

  const soon = await start.soon(ANSWER_WITHIN_MS);
  if (soon?.kind === "refused") explainUncovered(soon.error);
  if (soon?.kind === "cancelled") {
    const { reason } = soon;
    warn(
      `the command is not started: the task was ${stopLine(reason)} (to run it after all, use a new id)`,
    );
    const stop = { reason, signal: options.signal, failure: null };
    return exitCodeOf({ end: NOT_RUN, stop, interruptedBy: null });
  }
  if (soon?.kind === "held") {
    warn(`the command is not started: ${heldLine(soon.task)}`);
    return EXIT_CODE.refused;
  }
  if (signals.interruptedBy !== null) {
    return conclude({ ...NOT_RUN, exitCode: null, signal: signals.interruptedBy }, null);
  }

  if (process.pid === 1) {
    warn("exec is PID 1 here and does not reap orphans: add an init (docker run --init, or tini)");
  }
  if (soon?.kind === "started" && isatty(2)) {
    const { attempt } = soon.task;
    warn(`${taskId} runs (attempt ${attempt}). To cancel it: edge-canceler cancel ${taskId}`);
  }
  if (soon === null) {
    const why = start.trouble === null ? "" : ` (${start.trouble})`;
    warn(
      `the service cannot be reached${why}: the command runs anyway, and hears of cancels later`,
    );
  }
  progress = new ProgressFile({
    isStarted: () => start.attempt !== null,
    send: (progress, signal) => {
      const sign = { attempt: start.attempt ?? 0, holder: start.holder, progress };
      return context.client(lightFetch).heartbeat(taskId, sign, { signal });
    },
  });
  const { path } = progress;
  const environment = commandEnvironment(context.environment, options, start.task, path);
  const mark = new RunMark(crypto.randomUUID());
  const command = new RunningCommand({ file: options.file, args: options.args, environment, mark });
  const stopper = new CommandStopper({
    command,
    options,
    ownGrace: () => ({ seconds: options.graceSeconds, isDeclared: start.isDeclared }),
    environment: { ...environment, EDGE_CANCELER_PID: String(command.pid) },
  });
  signals.forwardTo({ command, onStop: () => stopper.interrupt() });
  const release = superviseCommand({ context, options, start, stopper });
  const end = await command.ended;
  if (end.failure !== null) warn(end.failure);
  if (stopper.stop === null && signals.interruptedBy !== null) {
    const ending = { end, stop: null, interruptedBy: signals.interruptedBy };
    signals.onStop(exitCodeOf(ending), () => stopper.hurry());
    await stopper.endRest();
  }
  await stopper.finished();
  release();
  return conclude(end, stopper.stop);
}

/** Why a task cannot be started now, in words. */
function heldLine({ status, attempt, availableAt }: TaskState): string {
  const why =
    status !== "running" && availableAt !== null
      ? `the task waits for its next attempt until ${availableAt}`
      : `another worker runs the task (attempt ${attempt})`;
  return `${why}; --if-running=take-over starts it anyway`;
}

/**
 * A command that ends sooner needs no watch, whose code takes Node a while to load. A watch begins with
 * the task's state, so a cancel that comes before it is not lost.
 */
const WATCH_AFTER_MS = 50;

interface Supervised {
  readonly context: Pick<CommandContext, "watchClient">;
  readonly options: Pick<ExecOptions, "taskId" | "abortAfterSeconds" | "timeoutSeconds">;
  readonly start: Pick<TaskStart, "outcome" | "run" | "task">;
  readonly stopper: Pick<CommandStopper, "begin" | "shorten">;
}

/**
 * Stops the command on a cancel, fencing, the deadline or lost contact. Call the returned function
 * once the command ends.
 */
export function superviseCommand({ context, options, start, stopper }: Supervised): () => void {
  const { taskId, abortAfterSeconds, timeoutSeconds } = options;
  let isOver = false;
  const tellRefusal = paced(warn);
  const refused = ({ message }: Error) => {
    if (isOver) return;
    tellRefusal(`the command goes on, but cannot be cancelled for now: ${message}`);
  };

  start.outcome.then((outcome) => {
    if (outcome?.kind === "cancelled") stopper.begin(outcome.reason);
    if (outcome?.kind === "held") stopper.begin({ kind: "fenced", attempt: outcome.task.attempt });
    if (outcome?.kind === "refused") refused(outcome.error);
    // A watch that was opened before does not name the run.
    if (outcome?.kind === "started" && watch !== null && !isOver) openWatch();
  }, refused);

  let watch: TaskWatch | null = null;
  const openWatch = () => {
    watch?.close();
    watch = watchTask(context.watchClient(), {
      taskId,
      abortAfterSeconds,
      run: start.run,
      onStop: (reason) => stopper.begin(reason),
      onCancellation: (cancellation) => stopper.shorten(cancellation),
      onRefused: refused,
    });
  };
  const timer = setTimeout(openWatch, WATCH_AFTER_MS);

  const stopDeadline =
    timeoutSeconds === null
      ? null
      : startDeadline({
          timeoutSeconds,
          isOnRecord: () => start.task !== null && isDeadlineOnRecord(start.task, timeoutSeconds),
          onDeadline: () => stopper.begin({ kind: "deadline", seconds: timeoutSeconds }),
        });

  return () => {
    isOver = true;
    clearTimeout(timer);
    stopDeadline?.();
    watch?.close();
  };
}

const WITHIN_MS = 1000;

/**
 * Ends this process by SIGINT, so that its parent sees how the command ended: after Ctrl-C, a shell
 * ends its loop only if the command in it died of SIGINT. Resolves as PID 1, which cannot end itself
 * by a signal.
 */
export async function raiseSigint(): Promise<void> {
  if (process.pid === 1) return;
  process.removeAllListeners("SIGINT");
  process.kill(process.pid, "SIGINT");
  await sleep(WITHIN_MS);
}
