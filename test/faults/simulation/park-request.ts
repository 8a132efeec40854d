import type { TaskState } from "../../../worker-client/protocol.ts";
import type { World } from "./world.ts";

interface PollOptions {
  readonly until: "change" | "end";
  readonly revision: number | null;
  readonly waitSeconds: number;
}

/**
 * Parks a request at the service until there is an answer: the task, null for an unknown one,
 * undefined if the line was lost. The end of the wait is the Worker's, whose timer follows no clock
 * on the wall. What it returns takes the request back.
 */
export function parkRequest(
  { service, scheduler }: World,
  { until, revision, waitSeconds }: PollOptions,
  reply: (task: TaskState | null | undefined) => void,
): (() => void) | undefined {
  const settle = (task: TaskState | null | undefined) => {
    scheduler.stop(waitEnds);
    reply(task);
  };
  const parked = service.watch(
    { kind: "poll", until, revision },
    { open() {}, tell: settle, end() {}, lose: () => settle(undefined) },
  );
  if ("answered" in parked) {
    reply(parked.answered);
    return undefined;
  }
  const waitEnds = scheduler.later(waitSeconds * 1000, () => {
    parked.leave();
    reply(service.state());
  });
  return () => {
    scheduler.stop(waitEnds);
    parked.leave();
  };
}
