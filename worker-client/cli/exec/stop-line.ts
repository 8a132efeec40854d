import { cancellationLine } from "../cancellation-line.ts";
import type { StopReason } from "./stop-reason.ts";

/** Why a command is stopped, for people. */
export function stopLine(reason: StopReason): string {
  switch (reason.kind) {
    case "cancelled":
      return cancellationLine(reason.cancellation);
    case "fenced":
      return `stopped: another worker runs the task now (attempt ${reason.attempt})`;
    case "gone":
      return "stopped: the task has ended and was forgotten";
    case "unreachable":
      return `stopped: nothing was heard from the service for ${reason.seconds} s (--on-unreachable)`;
    case "deadline":
      return `stopped: it has run for the ${reason.seconds} s of --timeout`;
  }
}
