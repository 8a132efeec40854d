import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import type { BulkCancellation, TaskSelection } from "../index.ts";
import { startTimer } from "../timer.ts";
import type { CommandContext } from "./command.ts";
import { EXIT_CODE, UsageError } from "./failure.ts";
import { Interrupt } from "./interrupt.ts";
import { isTerminal, jsonLine, LiveLine, printLine } from "./terminal.ts";

interface ManyOptions {
  readonly reason: string | undefined;
  readonly gracePeriodSeconds: number | undefined;
  readonly isDryRun: boolean;
  readonly isSure: boolean;
  /** How long to wait for the tasks to end; null to wait until all have ended. */
  readonly waitSeconds: number | null;
}

/** Cancels every task of a selection, and shows the progress. Returns the exit code. */
export async function cancelMany(
  context: CommandContext,
  select: TaskSelection,
  options: ManyOptions,
): Promise<number> {
  const { isDryRun, isSure } = options;
  if (isDryRun) return reportDryRun(context, await count(context, select));
  if (!isSure) {
    if (!isTerminal(0) || !isTerminal(2)) {
      throw new UsageError(
        "this can cancel many tasks, and there is no terminal to ask on: give --yes, or --dry-run to count them",
      );
    }
    const { matched } = await count(context, select);
    const refusal = matched > 1 ? await askBefore(matched) : null;
    if (refusal !== null) {
      context.tell("nothing was cancelled");
      return refusal;
    }
  }
  return cancelAndFollow(context, select, options);
}

function count({ client, signal }: CommandContext, select: TaskSelection) {
  return client().cancelAll(select, { dryRun: true, signal });
}

function reportDryRun({ json, print }: CommandContext, bulk: BulkCancellation): number {
  print(json ? jsonLine(bulk) : `${tasks(bulk.matched)} would be cancelled`);
  return bulk.matched === 0 ? EXIT_CODE.no : 0;
}

/** Asks for confirmation. Returns null on a yes, and otherwise the exit code. */
async function askBefore(matched: number): Promise<number | null> {
  const interrupt = new Interrupt();
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // On a terminal, readline takes Ctrl-C as a key, and no signal is sent.
  terminal.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
  let isAnswered = false;
  try {
    const answer = terminal.question(`Cancel ${tasks(matched)}? [y/N] `).then((text) => {
      isAnswered = true;
      return /^y(es)?$/i.test(text.trim()) ? null : EXIT_CODE.no;
    });
    // Ctrl-D closes it without an answer.
    const closed = once(terminal, "close").then(() => EXIT_CODE.no);
    return await Promise.race([answer.catch(() => EXIT_CODE.no), closed, interrupt.exitCode]);
  } finally {
    terminal.close();
    interrupt.release();
    if (!isAnswered) printLine(2, "");
  }
}

/** Cancels, and shows the progress while it waits. If the wait ends early, the service goes on cancelling. */
async function cancelAndFollow(
  context: CommandContext,
  select: TaskSelection,
  { reason, gracePeriodSeconds, waitSeconds }: ManyOptions,
): Promise<number> {
  const { json, print, tell, signal } = context;
  const live = new LiveLine(!json);
  const interrupt = new Interrupt();
  const stop = new AbortController();
  /** What the service said last, or null if it has not confirmed the cancel. */
  const known: { bulk: BulkCancellation | null } = { bulk: null };
  let stopTimer = () => {};
  const follow = (bulk: BulkCancellation) => {
    if (known.bulk === null && waitSeconds !== null) {
      stopTimer = startTimer(waitSeconds * 1000, () => stop.abort(STOPPED), stop.signal, true);
    }
    known.bulk = bulk;
    live.show(progressBar(bulk));
  };
  const cancelled = context.client().cancelAll(select, {
    reason,
    gracePeriodSeconds,
    signal: AbortSignal.any([signal, stop.signal]),
    onProgress: follow,
  });
  let exitCode: number = EXIT_CODE.no;
  interrupt.exitCode.then((interrupted) => {
    exitCode = interrupted;
    stop.abort(STOPPED);
  });
  try {
    const bulk = await cancelled;
    live.clear();
    if (json) print(jsonLine(bulk));
    else if (bulk.matched === 0) tell("no task matches");
    else print(`${bulk.ended} of ${tasks(bulk.matched)} ended, ${bulk.acknowledged} acknowledged`);
    return bulk.matched === 0 ? EXIT_CODE.no : 0;
  } catch (error) {
    if (error !== STOPPED) {
      if (known.bulk !== null) tell("its progress cannot be read: the service goes on cancelling");
      throw error;
    }
    if (known.bulk === null) {
      tell("stopped before the service said that it cancels: it may have begun or not");
      return exitCode;
    }
    if (json) print(jsonLine(known.bulk));
    tell("stopped waiting: the service goes on cancelling");
    return exitCode;
  } finally {
    stopTimer();
    interrupt.release();
    live.clear();
  }
}

const STOPPED = new Error("stopped waiting");
const BAR_CHARACTERS = 24;

function progressBar({ matched, ended, isMatched }: BulkCancellation): string {
  const share = matched === 0 ? 0 : ended / matched;
  const done = Math.floor(share * BAR_CHARACTERS);
  const bar = "█".repeat(done) + "░".repeat(BAR_CHARACTERS - done);
  return `${bar}  ${ended} of ${matched}${isMatched ? "" : "+"} ended`;
}

function tasks(count: number): string {
  return count === 1 ? "1 task" : `${count} tasks`;
}
