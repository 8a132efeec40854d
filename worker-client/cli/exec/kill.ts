import { setTimeout as sleep } from "node:timers/promises";
import type { RunningCommand } from "./command.ts";
import type { GracePeriod } from "./grace.ts";
import type { KillMode } from "./options.ts";
import type { StopCommand } from "./stop-command.ts";

const LOOK_EVERY_MS = 50;
const KILL_AGAIN_EVERY_MS = 20;
/** How many times as long as a look the pause after it is: looking takes at most a tenth of the time. */
const PAUSE_PER_LOOK = 9;
/** A process that SIGKILL does not end in this time is stuck in the kernel, or belongs to another user. */
const KILL_FOR_MS = 5000;
const NEVER = new Promise<never>(() => {});

type Stoppable = Pick<RunningCommand, "ended" | "hasEnded" | "isAnyLeft" | "left" | "signalAll">;

interface Options {
  readonly grace: GracePeriod;
  /** Whether what the command leaves behind is killed once it has ended, or gets the grace period too. */
  readonly killMode: KillMode;
  /** The `--stop-command`, which stops work that is elsewhere; null if there is none. */
  readonly helper: Pick<StopCommand, "ended" | "hasEnded" | "kill"> | null;
  /** Called when only what the command left behind may still run. */
  readonly onRest: () => void;
  /** Called when something is left to kill. */
  readonly onKill: () => void;
}

interface Stopped {
  /** How many processes could not be killed. */
  readonly left: number;
}

/**
 * Ends a command that was told to stop, with all that it has started: sends SIGKILL after the grace
 * period. Resolves when nothing is left, or after trying SIGKILL for a while.
 */
export async function killAfterGrace(command: Stoppable, options: Options): Promise<Stopped> {
  await untilEnded(command, options);
  options.helper?.kill();
  if (!command.isAnyLeft()) return { left: 0 };
  const givesUpAtMs = performance.now() + KILL_FOR_MS;
  command.signalAll("SIGKILL");
  // This comes after SIGKILL, because printing may take a while.
  options.onKill();
  const pause = pauseBetweenLooks(KILL_AGAIN_EVERY_MS);
  while (pause.look(() => command.isAnyLeft()) && performance.now() < givesUpAtMs) {
    await sleep(pause.milliseconds);
    command.signalAll("SIGKILL");
  }
  return { left: command.left() };
}

/** Resolves when nothing of a command is left, or it is time to kill the rest. */
async function untilEnded(command: Stoppable, options: Options): Promise<void> {
  const { grace, killMode, helper, onRest } = options;
  while (!command.hasEnded && grace.leftMs > 0) await grace.wait(command.ended);
  while (helper?.hasEnded === false && grace.leftMs > 0) await grace.wait(helper.ended);
  if (killMode === "mixed" || grace.leftMs === 0) return;
  onRest();
  // There is no event for the end of the rest.
  const pause = pauseBetweenLooks(LOOK_EVERY_MS);
  while (grace.leftMs > 0 && pause.look(() => command.isAnyLeft())) {
    await grace.wait(NEVER, pause.milliseconds);
  }
}

/** Adapts the pause between two looks to how long the last one took. */
function pauseBetweenLooks(leastMs: number) {
  return {
    milliseconds: leastMs,
    look(ask: () => boolean): boolean {
      const askedAtMs = performance.now();
      const answer = ask();
      this.milliseconds = Math.max(leastMs, PAUSE_PER_LOOK * (performance.now() - askedAtMs));
      return answer;
    },
  };
}
