import type { CommandContext } from "../command-context.ts";
import { oneLine } from "../one-line.ts";
import type { CommandEnd } from "./command-end.ts";
import type { CommandStop } from "./command-stop.ts";
import { exitCodeOf } from "./exit-code-of.ts";
import { finishRequest } from "./finish-request.ts";
import { lightFetch } from "./light-fetch.ts";
import { reportEnd } from "./report-end.ts";
import type { SignalForwarding } from "./signal-forwarding.ts";
import type { TaskStart } from "./task-start.ts";
import { tellBriefly } from "./tell-briefly.ts";

/** Whoever waits for the command waits for its report too, so it cannot take for ever. */
const REPORT_WITHIN_MS = 30_000;
/** Where the service was never heard of. */
const START_WITHIN_MS = 5000;

interface Options {
  readonly client: CommandContext["client"];
  readonly start: TaskStart;
  readonly taskId: string;
  readonly end: CommandEnd;
  readonly stop: CommandStop | null;
  readonly signals: SignalForwarding;
}

/** Reports how a command ended, in a bounded time; a signal makes an end of it. */
export async function reportWithin(options: Options): Promise<void> {
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
    if (failure !== null) tellBriefly(`the end of ${taskId} is not on record: ${oneLine(failure)}`);
  } else if (outcome === null) {
    tellBriefly(`the end of ${taskId} is not on record: the service did not answer`);
  }
  clearTimeout(timer);
}

/** Whether there is somebody who wants to know. */
function isOurs(stop: CommandStop | null): boolean {
  return stop?.reason.kind !== "fenced" && stop?.reason.kind !== "gone";
}
