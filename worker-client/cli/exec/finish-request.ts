import type { FinishRequest, JsonObject } from "../../index.ts";
import type { CommandEnd } from "./command-end.ts";
import type { CommandStop } from "./command-stop.ts";

/** What is reported of a command's end. */
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
    // Nobody has cancelled the task, so it is no cancelled one.
    case "fenced":
    case "gone":
    case "unreachable":
    case "deadline":
      return { attempt, status: "failed", error: { ...how, stopped: stop?.reason.kind ?? null } };
  }
}
