import { backoffMs } from "./backoff-ms.ts";
import { delay } from "./delay.ts";
import { RequestRefusedError } from "./errors/request-refused-error.ts";
import { ServiceUnreachableError } from "./errors/service-unreachable-error.ts";
import { followSocket } from "./follow-socket.ts";
import { isTaskState } from "./is-task-state.ts";
import { PARKED_AT_LEAST_MS } from "./parked-at-least-ms.ts";
import { parseJson } from "./parse-json.ts";
import type { TaskState } from "./protocol.ts";
import type { Service } from "./service.ts";

/** A line that is lost sooner counts as a failure, so that it is not taken up again in a rush. */
const STABLE_AFTER_MS = 10_000;
const MAX_POLLS_BEFORE_SOCKET = 64;

interface Follower {
  readonly id: string;
  readonly url: string;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** How long a poll is parked, and a WebSocket may be silent before it is asked for a sign of life. */
  readonly waitSeconds: number;
  /** The revision that is known by now; 0: none. */
  readonly revision: () => number;
  /** Called at every sign of life, with the task if it has changed. */
  readonly onContact: (task: TaskState | null) => void;
  readonly onRefused: (error: RequestRefusedError) => void;
}

/**
 * Follows a task until the signal aborts, over a WebSocket or, where none gets through, by long
 * polls. Whichever it is, it names the revision that is known, so what changed while the line was
 * cut comes with the first answer. It backs off on failure only: an answered poll is parked again
 * at once.
 */
export async function followTask(service: Service, follower: Follower): Promise<void> {
  const { id, url, signal, waitSeconds, onContact, onRefused } = follower;
  // A browser's cache makes a request for a URL wait until an earlier one for it has its answer, so
  // the polls of each watch have a URL of their own.
  const mark = Math.random().toString(36).slice(2);
  const pause = (ms: number) => delay(ms, signal, false).catch(() => {}); // Aborted: the loop sees it.
  let failures = 0;
  let pollsLeft = 0;
  let pollsBeforeSocket = 1;
  while (!signal.aborted) {
    const revision = follower.revision();
    const socket = pollsLeft > 0 ? null : service.openSocket(`${url}?revision=${revision}`);
    if (socket !== null) {
      const workedMs = await followSocket(socket, {
        signal,
        pingEverySeconds: waitSeconds,
        onMessage(message) {
          const task = parseJson(message);
          const isState = isTaskState(task, id);
          const makesSense = isState || message === "pong";
          if (makesSense) onContact(isState ? task : null);
          return makesSense;
        },
      });
      if (workedMs > 0) {
        pollsBeforeSocket = 1;
        failures = workedMs < STABLE_AFTER_MS ? failures + 1 : 0;
        await pause(backoffMs(failures));
      } else {
        // Either the service is down, or something in between lets no WebSocket through: polls tell.
        pollsLeft = pollsBeforeSocket;
        pollsBeforeSocket = Math.min(MAX_POLLS_BEFORE_SOCKET, 2 * pollsBeforeSocket);
      }
      continue;
    }
    const askedAtMs = performance.now();
    try {
      const poll = `${url}?revision=${revision}&wait=${waitSeconds}&watch=${mark}`;
      const task = await service.ask(
        { method: "GET", url: poll, waitSeconds, signal },
        (status, body) => {
          if (status === 304) return null;
          return status === 200 && isTaskState(body, id) ? body : undefined;
        },
      );
      onContact(task);
      const isNews = task !== null && task.revision !== revision;
      if (!isNews && performance.now() - askedAtMs < PARKED_AT_LEAST_MS) {
        // Something in between answers in the service's place; do not ask it in a tight loop.
        throw new ServiceUnreachableError("the poll was not parked");
      }
      failures = 0;
      pollsLeft = Math.max(0, pollsLeft - 1);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof RequestRefusedError) onRefused(error);
      else if (!(error instanceof ServiceUnreachableError)) throw error;
      pollsLeft = 0;
      pollsBeforeSocket = 1;
      // Something in between may cut every poll before its wait is over; the line is well all the same.
      if (performance.now() - askedAtMs >= STABLE_AFTER_MS) failures = 0;
      const retryAfter = error instanceof ServiceUnreachableError ? error.retryAfterSeconds : 0;
      await pause(backoffMs(failures++, retryAfter));
    }
  }
}
