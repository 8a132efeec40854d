import type { TaskState } from "../../../worker-client/protocol.ts";
import type { World } from "./world.ts";

interface PollOptions {
  readonly until: "change" | "end";
  readonly revision: number | null;
  readonly waitSeconds: number;
}

/**
 * Parks a request at the service until there is an answer: the task, null for an unknown one,
 * undefined if the line was lost. What it returns takes the request back.
 */
export function parkRequest(
  { service }: World,
  { until, revision, waitSeconds }: PollOptions,
  reply: (task: TaskState | null | undefined) => void,
): (() => void) | undefined {
  const waitEndsAtMs = service.wallMs + waitSeconds * 1000;
  const watch = { kind: "poll", until, revision, waitEndsAtMs } as const;
  const parked = service.watch(watch, {
    open() {},
    tell: reply,
    end() {},
    lose: () => reply(undefined),
  });
  if ("leave" in parked) return parked.leave;
  reply(parked.answered);
  return undefined;
}
