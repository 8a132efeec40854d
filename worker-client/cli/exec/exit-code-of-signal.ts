import { constants } from "node:os";

/** The exit code of a command that the signal has ended, as the shells have it. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
