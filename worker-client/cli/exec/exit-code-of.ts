import { EXIT_CODE } from "../exit-code.ts";
import type { CommandEnd } from "./command-end.ts";
import type { CommandStop } from "./command-stop.ts";
import { exitCodeOfSignal } from "./exit-code-of-signal.ts";

/**
 * The exit code of `exec`, as the shells and timeout(1) have it. A command that was told to stop
 * and then exits with 0 has stopped, not done its work, and what follows in a script must not
 * take it for done; any other code is the command's own word.
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
