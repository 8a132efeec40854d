import { setTimeout as sleep } from "node:timers/promises";
import type { TaskWatch } from "../../index.ts";
import type { CommandContext } from "../command.ts";
import { oneLine } from "../terminal.ts";
import { type CommandEnd, letGoOfStdio, RunningCommand } from "./command.ts";
import { commandEnvironment, type ExecOptions } from "./options.ts";
import { RunMark } from "./process-tree.ts";
import { exitCodeOf, reportWithin } from "./report.ts";
import type { SignalForwarding } from "./signals.ts";
import type { TaskStart } from "./start.ts";
import { type CommandStop, CommandStopper, stopLine } from "./stop.ts";
import { tellBriefly } from "./tell-briefly.ts";
import { isDeadlineOnRecord, ringAtDeadline, watchTask } from "./watch.ts";

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

/**
 * A command that is shorter needs no watch, which takes Node a while to load. The state comes first
 * in a watch, so what comes meanwhile is not lost.
 */
const WATCH_AFTER_MS = 50;

interface Supervised {
  readonly context: CommandContext;
  readonly options: ExecOptions;
  readonly start: TaskStart;
  readonly stopper: CommandStopper;
}

/** Has a command stopped for whatever is a reason to; call the answer when it has ended. */
export function superviseCommand({ context, options, start, stopper }: Supervised): () => void {
  const { taskId, abortAfterSeconds, timeoutSeconds } = options;
  const over = new AbortController();
  const refused = ({ message }: Error) => {
    if (over.signal.aborted) return;
    tellBriefly(`the command goes on, but cannot be cancelled: ${message}`);
  };

  start.outcome.then((outcome) => {
    if (outcome?.kind === "cancelled") stopper.begin(outcome.reason);
    if (outcome?.kind === "refused") refused(outcome.error);
  }, refused);

  let watch: TaskWatch | null = null;
  const timer = setTimeout(() => {
    watch = watchTask(context.watchClient(), {
      taskId,
      abortAfterSeconds,
      attempt: () => start.attempt,
      onStop: (reason) => stopper.begin(reason),
      onRefused: refused,
    });
  }, WATCH_AFTER_MS);

  if (timeoutSeconds !== null) {
    ringAtDeadline({
      timeoutSeconds,
      isOnRecord: () => start.task !== null && isDeadlineOnRecord(start.task, timeoutSeconds),
      ring: () => stopper.begin({ kind: "deadline", seconds: timeoutSeconds }),
      signal: over.signal,
    });
  }

  return () => {
    over.abort();
    clearTimeout(timer);
    watch?.close();
  };
}

const WITHIN_MS = 1000;

/**
 * Ends this process by SIGINT, so that its parent sees how the command ended: a shell gives up the
 * loop in which Ctrl-C has hit a command only if the command died of it. Resolves where that cannot
 * be: as PID 1, which no signal of its own ends.
 */
export async function dieOfInterrupt(): Promise<void> {
  if (process.pid === 1) return;
  process.removeAllListeners("SIGINT");
  process.kill(process.pid, "SIGINT");
  await sleep(WITHIN_MS);
}
