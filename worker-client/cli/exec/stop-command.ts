import { setTimeout as sleep } from "node:timers/promises";
import type { RunningCommand } from "./running-command.ts";

const LOOK_EVERY_MS = 50;
const KILL_AGAIN_EVERY_MS = 20;
/** What SIGKILL does not end in this time is stuck in the kernel, or another user's. */
const KILL_FOR_MS = 5000;

type Stoppable = Pick<RunningCommand, "ended" | "hasEnded" | "left" | "signalAll">;

interface Options {
  readonly graceMs: number;
  /** Called when the grace period is over and something is left. */
  readonly onKill: () => void;
}

interface Stopped {
  /** How many processes could not be killed. */
  readonly left: number;
}

/**
 * Sees to it that a command that was signalled ends, with all that it has started: the grace
 * period, then SIGKILL. It resolves when nothing is left, or when SIGKILL was tried for a while.
 * Processes that outlive the command have the grace period too.
 */
export async function stopCommand(command: Stoppable, options: Options): Promise<Stopped> {
  const killsAtMs = performance.now() + options.graceMs;
  const leftMs = () => killsAtMs - performance.now();
  while (leftMs() > 0) {
    // As long as the command itself runs, its end is told; then the rest has to be looked at.
    if (command.hasEnded) {
      if (command.left() === 0) return { left: 0 };
      await sleep(Math.min(LOOK_EVERY_MS, Math.max(0, leftMs())));
    } else {
      await untilEndOr(command, Math.max(0, leftMs()));
    }
  }
  if (command.left() === 0) return { left: 0 };
  const givesUpAtMs = performance.now() + KILL_FOR_MS;
  command.signalAll("SIGKILL");
  // It may take a while to say.
  options.onKill();
  while (command.left() > 0 && performance.now() < givesUpAtMs) {
    await sleep(KILL_AGAIN_EVERY_MS);
    command.signalAll("SIGKILL");
  }
  return { left: command.left() };
}

async function untilEndOr(command: Stoppable, milliseconds: number): Promise<void> {
  const over = new AbortController();
  await Promise.race([
    command.ended,
    sleep(Math.min(milliseconds, 2 ** 31 - 1), undefined, { signal: over.signal }).catch(() => {}),
  ]);
  over.abort();
}
