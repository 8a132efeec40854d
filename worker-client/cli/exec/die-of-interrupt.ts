import { setTimeout as sleep } from "node:timers/promises";

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
