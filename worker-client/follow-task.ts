import { backoffMs } from "./backoff-ms.ts";
import { delay } from "./delay.ts";
import { ServiceUnreachableError } from "./errors/service-unreachable-error.ts";
import { followSocket } from "./follow-socket.ts";
import type { Follower } from "./follower.ts";
import { isTaskState } from "./is-task-state.ts";
import { PARKED_AT_LEAST_MS } from "./parked-at-least-ms.ts";
import { TOKEN_EXPIRED_CLOSE_CODE } from "./protocol.ts";
import type { Service } from "./service.ts";

/** A line that is lost sooner counts as a failure, so that it is not taken up again in a rush. */
const STABLE_AFTER_MS = 10_000;
const MAX_POLLS_BEFORE_SOCKET = 64;

/**
 * Follows a task until the signal aborts, over a WebSocket or, where none gets through, by long
 * polls. Whichever it is, it names the revision that is known, so what changed while the line was
 * cut comes with the first answer. It backs off on failure only: an answered poll is parked again
 * at once.
 */
export async function followTask(service: Service, follower: Follower): Promise<void> {
  const { id, url, signal, waitSeconds, onContact, onError } = follower;
  // A browser's cache makes a request for a URL wait until an earlier one for it has its answer, so
  // the polls of each watch have a URL of their own.
  const mark = Math.random();
  let expired: string | undefined;
  let failures = 0;
  let pollsLeft = 0;
  let pollsBeforeSocket = 1;
  while (!signal.aborted) {
    const revision = follower.revision();
    let pauseMs: number | undefined;
    const askedAtMs = performance.now();
    try {
      const token = await service.token(signal, expired);
      signal.throwIfAborted();
      const socket =
        pollsLeft > 0 ? null : service.openSocket(`${url}?revision=${revision}`, token);
      if (socket !== null) {
        const workedMs = await followSocket(socket, follower, (code) => {
          if (code === TOKEN_EXPIRED_CLOSE_CODE) expired = token;
        });
        if (workedMs > 0) {
          pollsBeforeSocket = 1;
          failures = workedMs < STABLE_AFTER_MS ? failures + 1 : 0;
          pauseMs = backoffMs(failures);
        } else {
          // Either the service is down, or something in between lets no WebSocket through: polls tell.
          pollsLeft = pollsBeforeSocket;
          pollsBeforeSocket = Math.min(MAX_POLLS_BEFORE_SOCKET, 2 * pollsBeforeSocket);
        }
      } else {
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
          throw new ServiceUnreachableError("not parked");
        }
        failures = 0;
        pollsLeft = Math.max(0, pollsLeft - 1);
      }
    } catch (error) {
      if (signal.aborted) return;
      const isUnreachable = error instanceof ServiceUnreachableError;
      if (!isUnreachable) onError(error);
      pollsLeft = 0;
      pollsBeforeSocket = 1;
      // Something in between may cut every poll before its wait is over; the line is well all the same.
      if (performance.now() - askedAtMs >= STABLE_AFTER_MS) failures = 0;
      pauseMs = backoffMs(failures++, isUnreachable ? error.retryAfterSeconds : 0);
    }
    // Aborted: the loop sees it.
    if (pauseMs !== undefined) await delay(pauseMs, signal, false).catch(() => {});
  }
}
