import { constants } from "node:os";
import {
  type FinishRequest,
  type JsonObject,
  RequestRefusedError,
  type TaskClient,
} from "../../index.ts";
import type { CommandContext } from "../command.ts";
import { EXIT_CODE } from "../failure.ts";
import { oneLine } from "../terminal.ts";
import type { CommandEnd } from "./command.ts";
import { lightFetch } from "./light-fetch.ts";
import type { SignalForwarding } from "./signals.ts";
import type { TaskStart } from "./start.ts";
import type { CommandStop } from "./stop.ts";
import { warn } from "./warn.ts";

/** How long to try to report. What waits for the command waits for its report too. */
const REPORT_WITHIN_MS = 30_000;
/** How long to try if the service was never reached. */
const START_WITHIN_MS = 5000;

interface ReportOptions {
  readonly client: CommandContext["client"];
  readonly start: TaskStart;
  readonly taskId: string;
  readonly end: CommandEnd;
  readonly stop: CommandStop | null;
  readonly signals: SignalForwarding;
}

/** Reports how a command ended, in a bounded time, or until a signal to stop comes. */
export async function reportWithin(options: ReportOptions): Promise<void> {
  const { client, start, taskId, end, stop, signals } = options;
  const over = new AbortController();
  over.signal.addEventListener("abort", () => start.giveUp());
  signals.onStop(exitCodeOf(end, null), () => over.abort());
  const timer = setTimeout(
    () => over.abort(),
    start.isReached ? REPORT_WITHIN_MS : START_WITHIN_MS,
  );
  if (start.attempt === null) start.ask();
  const outcome = await start.outcome.catch(() => null);
  if (outcome?.kind === "started" && isOurs(stop)) {
    const request = finishRequest(outcome.task.attempt, end, stop);
    const failure = await reportEnd(client(lightFetch), {
      taskId,
      end: { ...request, holder: start.holder },
      signal: over.signal,
    });
    if (failure !== null) warn(`the end of ${taskId} is not on record: ${oneLine(failure)}`);
  } else if (outcome === null) {
    warn(`the end of ${taskId} is not on record: the service did not answer`);
  }
  clearTimeout(timer);
}

/** Whether the task is still this run's to end. */
function isOurs(stop: CommandStop | null): boolean {
  return stop?.reason.kind !== "fenced" && stop?.reason.kind !== "gone";
}

interface EndReport {
  readonly taskId: string;
  readonly end: FinishRequest;
  /** Gives the report up. */
  readonly signal: AbortSignal;
}

/** Reports a command's end. Returns null, or in words why it is not on record. */
async function reportEnd(
  tasks: TaskClient,
  { taskId, end, signal }: EndReport,
): Promise<string | null> {
  try {
    await tasks.finish(taskId, end, { signal });
    return null;
  } catch (error) {
    if (error instanceof RequestRefusedError) return error.message;
    if (signal.aborted) return "the service did not answer in time";
    return error instanceof Error ? error.message : String(error);
  }
}

/** What to report of a command's end. */
export function finishRequest(
  attempt: number,
  end: CommandEnd,
  stop: CommandStop | null,
): FinishRequest {
  const { exitCode, signal, durationSeconds, failure } = end;
  const how: JsonObject = {
    ...(exitCode === null ? { signal } : { exitCode }),
    durationSeconds,
    ...(failure !== null && { message: failure }),
  };
  switch (stop?.reason.kind) {
    case undefined:
      return exitCode === 0
        ? { attempt, status: "succeeded", result: how }
        : { attempt, status: "failed", error: how };
    case "cancelled":
      return {
        attempt,
        status: "cancelled",
        ...(exitCode === 0 ? { result: how } : { error: how }),
      };
    // Nobody has cancelled the task.
    case "fenced":
    case "gone":
    case "unreachable":
    case "deadline":
      return { attempt, status: "failed", error: { ...how, stopped: stop?.reason.kind ?? null } };
  }
}

/**
 * The exit code of `exec`, like those of the shells and timeout(1). A command that was told to stop
 * and then exits with 0 has not done its work, so a script must not take it for success. Any other
 * code of the command is kept.
 */
export function exitCodeOf(end: CommandEnd, stop: CommandStop | null): number {
  if (stop !== null && isDeadline(stop)) return EXIT_CODE.deadline;
  if (end.signal !== null) return exitCodeOfSignal(end.signal);
  if (stop !== null && end.exitCode === 0) return exitCodeOfSignal(stop.signal);
  return end.exitCode ?? EXIT_CODE.no;
}

function isDeadline({ reason }: CommandStop): boolean {
  if (reason.kind === "cancelled") return reason.cancellation.cause === "timeout";
  return reason.kind === "deadline";
}

/** The exit code that shells give a command that this signal has ended. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
