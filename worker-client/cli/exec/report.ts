import { setTimeout as sleep } from "node:timers/promises";
import {
  type FinishRequest,
  type JsonObject,
  RequestRefusedError,
  type TaskClient,
  type TaskState,
} from "../../index.ts";
import type { CommandContext } from "../command.ts";
import { EXIT_CODE } from "../failure.ts";
import type { CommandEnd } from "./command.ts";
import { reasonBehind } from "./interrupted.ts";
import { lightFetch } from "./light-fetch.ts";
import type { ProgressFile } from "./progress.ts";
import { ReportTime, reportWithinMs } from "./report-time.ts";
import { exitCodeOfSignal, type SignalForwarding, wasInterrupted } from "./signals.ts";
import type { TaskStart } from "./start.ts";
import { type CommandStop, type StopReason, stopLine } from "./stop.ts";
import { warn } from "./warn.ts";

/** How a command ended, and why. */
export interface Ending {
  readonly end: CommandEnd;
  /** Why `exec` stopped it; null if it did not. */
  readonly stop: CommandStop | null;
  /** The signal from outside that asked to stop; null if none came. */
  readonly interruptedBy: NodeJS.Signals | null;
}

type Started = Pick<
  TaskStart,
  "ask" | "attempt" | "giveUp" | "holder" | "isReached" | "outcome" | "run"
>;

interface ReportOptions {
  readonly context: Pick<CommandContext, "client" | "renewsToken">;
  readonly start: Started;
  readonly taskId: string;
  readonly ending: Ending;
  readonly signals: Pick<SignalForwarding, "onStop">;
  /** Null if the command was not started. */
  readonly progress: ProgressFile | null;
  /** Prints what happens. Default: on stderr. */
  readonly warn?: (line: string) => void;
}

/**
 * Reports how a command ended, in a bounded time. Returns the end as it was reported: a run that was
 * interrupted may turn out to be cancelled.
 *
 * A signal to stop does not cut that short, unless it is Ctrl-C on a terminal. Any other comes from an
 * `exec` around this one, a container runtime or the like, which sends SIGKILL once it has waited long
 * enough.
 */
export async function reportWithin(options: ReportOptions): Promise<Ending> {
  const { context, start, taskId, signals, progress, warn: say = warn } = options;
  let { ending } = options;
  const time = new ReportTime(reportWithinMs(reasonOf(ending), start.isReached), (leftSeconds) =>
    say(`the end of ${taskId} is not on record yet: trying for ${leftSeconds} s more`),
  );
  time.over.addEventListener("abort", () => start.giveUp());
  signals.onStop(exitCodeOf(ending), (isFromTerminal) => {
    if (isFromTerminal || !start.isReached) time.hurry();
  });
  if (start.attempt === null) start.ask();
  const outcome = await start.outcome.catch(() => null);
  // A checkpoint that was just written matters to the next attempt.
  await progress?.close(time.over);
  if (start.run !== null && errorType(ending) === "interrupted") {
    const tasks = context.client(lightFetch);
    const asked = reasonBehind(tasks, { taskId, run: start.run, signal: time.over });
    // If the service cannot say, it was an interruption and nothing else.
    ending = stoppedBy(ending, await asked.catch(() => null));
    time.limit(reportWithinMs(reasonOf(ending), start.isReached));
  }
  if (outcome?.kind === "started" && isOurs(ending)) {
    const { holder } = start;
    const { task } = outcome;
    const failure = await reportEnd(context, time, (tasks, signal) =>
      isGivenBack(ending, task)
        ? tasks.release(taskId, { attempt: task.attempt, holder }, { signal })
        : tasks.finish(taskId, { ...finishRequest(task.attempt, ending), holder }, { signal }),
    );
    if (failure !== null) say(`the end of ${taskId} is not on record: ${failure}`);
  } else if (outcome === null) {
    say(`the end of ${taskId} is not on record: the service did not answer`);
  }
  time.close();
  return ending;
}

function reasonOf({ stop }: Ending): StopReason | null {
  return stop?.reason ?? null;
}

/** Adds to the end of an interrupted run why the service wanted it to stop, if it did. */
function stoppedBy(ending: Ending, reason: StopReason | null): Ending {
  if (reason === null) return ending;
  warn(stopLine(reason));
  const { end, interruptedBy } = ending;
  const signal = interruptedBy ?? end.signal ?? "SIGTERM";
  return { ...ending, stop: { reason, signal, failure: null } };
}

/** Whether this run may still end the task. */
function isOurs({ stop }: Ending): boolean {
  const kind = stop?.reason.kind;
  return kind !== "fenced" && kind !== "gone" && kind !== "lease-lost";
}

/** Whether the task is given back rather than failed: a stop from outside says nothing about the work. */
export function isGivenBack(ending: Ending, { maxAttempts }: TaskState): boolean {
  const isInterrupted = ending.interruptedBy !== null && errorType(ending) === "interrupted";
  return isInterrupted && maxAttempts > 1;
}

/** How long to wait before asking for a new token again. */
const TOKEN_AGAIN_AFTER_MS = 1000;

/**
 * Reports a command's end, and retries while there is time. Returns null, or in words why the end is
 * not on record.
 */
async function reportEnd(
  { client, renewsToken }: ReportOptions["context"],
  time: ReportTime,
  report: (tasks: TaskClient, signal: AbortSignal) => Promise<TaskState>,
): Promise<string | null> {
  const tasks = client(lightFetch);
  let signal = time.last;
  for (;;) {
    try {
      await report(tasks, signal);
      return null;
    } catch (error) {
      const isRefused = error instanceof RequestRefusedError;
      if (isRefused && error.status === 401 && renewsToken && !signal.aborted) {
        // The token expired while the command ran, and the next one is not available yet.
        await sleep(TOKEN_AGAIN_AFTER_MS, undefined, { signal }).catch(() => {});
        continue;
      }
      if (isRefused) return error.message;
      if (!signal.aborted) return error instanceof Error ? error.message : String(error);
      if (signal === time.over) return "the service did not answer in time";
      signal = time.over;
    }
  }
}

/** What to report of a command's end. */
export function finishRequest(attempt: number, ending: Ending): FinishRequest {
  const { exitCode, signal, durationSeconds, failure } = ending.end;
  const isCancelled = ending.stop?.reason.kind === "cancelled";
  const type = errorType(ending);
  const how: JsonObject = {
    ...(type !== null && { type }),
    ...(exitCode === null ? { signal } : { exitCode }),
    durationSeconds,
    ...(failure !== null && { message: failure }),
    ...(ending.stop?.failure && { message: ending.stop.failure }),
  };
  const isDone = exitCode === 0 && type === null;
  if (isCancelled) {
    return { attempt, status: "cancelled", ...(isDone ? { result: how } : { error: how }) };
  }
  return isDone
    ? { attempt, status: "succeeded", result: how }
    : { attempt, status: "failed", error: how };
}

/** What kind of failure the end of a command is; null if it ended by itself, or by a cancel. */
function errorType({ end, stop, interruptedBy }: Ending): string | null {
  if (stop?.failure) return "stop-command-failed";
  switch (stop?.reason.kind) {
    case undefined:
      return interruptedBy !== null || wasInterrupted(end) ? "interrupted" : null;
    case "cancelled":
      return null;
    case "fenced":
    case "gone":
    case "lease-lost":
    case "unreachable":
    case "deadline":
    case "worker-stops":
      return stop?.reason.kind ?? null;
  }
}

/**
 * The exit code of `exec`, like those of the shells and timeout(1). A command that was told to stop
 * and then exits with 0 has not done its work, so a script must not take it for success. Any other
 * code of the command is kept.
 */
export function exitCodeOf({ end, stop, interruptedBy }: Ending): number {
  if (stop !== null && isDeadline(stop)) return EXIT_CODE.deadline;
  if (end.signal !== null) return exitCodeOfSignal(end.signal);
  const toldBy = stop?.signal ?? interruptedBy;
  if (toldBy !== null && end.exitCode === 0) return exitCodeOfSignal(toldBy);
  return end.exitCode ?? EXIT_CODE.no;
}

function isDeadline({ reason }: CommandStop): boolean {
  if (reason.kind === "cancelled") return reason.cancellation.cause === "timeout";
  return reason.kind === "deadline";
}
