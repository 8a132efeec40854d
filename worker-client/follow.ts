import { ServiceUnreachableError } from "./errors.ts";
import type { ClientSocket } from "./options.ts";
import { type TaskState, TOKEN_EXPIRED_CLOSE_CODE } from "./protocol.ts";
import { backoffMs } from "./retry.ts";
import { ANSWER_WITHIN_SECONDS, type Service } from "./service.ts";
import { delay, startTimer } from "./timer.ts";
import { isTaskState, parseJson } from "./wire.ts";

/** Who follows a task, and what is to be told there. */
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
  /** Called with what is no failure of the line, such as a refusal. It goes on all the same. */
  readonly onError: (error: unknown) => void;
}

/** Proxies close lines that are silent for a minute, so whoever waits longer asks again. */
export const MAX_WAIT_SECONDS = 55;

/** Whoever waits asks for a second at least; what is answered sooner, without news, was not parked. */
export const PARKED_AT_LEAST_MS = 500;

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
  const { id, url, signal, onContact, onError } = follower;
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
        pollsLeft > 0 ? null : service.openSocket(`${url}?revision=${revision}&direct=1`, token);
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
        const task = await service.pollPlaces.park(follower, (waitSeconds, signal) =>
          service.ask(
            {
              method: "GET",
              url: `${url}?revision=${revision}&wait=${waitSeconds}&watch=${mark}`,
              waitSeconds,
              signal,
            },
            (status, body) => {
              if (status === 304) return null;
              return status === 200 && isTaskState(body, id) ? body : undefined;
            },
          ),
        );
        // It was another poll's turn.
        if (task === undefined) continue;
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

/**
 * Follows a task by a WebSocket until the line is lost, quiet for too long, or says what makes no
 * sense, or the signal aborts. `onClose` is told the code if the service closes it. Answers how long
 * it worked, in milliseconds; 0: not a word ever came through.
 */
function followSocket(
  socket: ClientSocket,
  { id, signal, waitSeconds, onContact }: Follower,
  onClose: (code: number) => void,
): Promise<number> {
  // A socket that swallows every word must leave a dead man's switch the time for a whole poll.
  const answerWithinMs = Math.min(ANSWER_WITHIN_SECONDS, waitSeconds / 4) * 1000;
  return new Promise((resolve) => {
    let firstWordAtMs: number | null = null;
    const end = () => {
      stopTimer();
      signal.removeEventListener("abort", end);
      socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
      socket.close();
      resolve(firstWordAtMs === null ? 0 : performance.now() - firstWordAtMs);
    };
    let stopTimer = startTimer(answerWithinMs, end);
    const ping = () => {
      stopTimer();
      stopTimer = startTimer(answerWithinMs, end);
      socket.send("ping");
    };
    // An open line may still swallow every word, so the first thing is to hear something.
    socket.onopen = ping;
    socket.onmessage = ({ data }: { readonly data: unknown }) => {
      const task = parseJson(String(data));
      if (isTaskState(task, id)) onContact(task);
      else if (data === "pong") onContact(null);
      else return end();
      // It was the last word that was waited for.
      if (signal.aborted) return;
      firstWordAtMs ??= performance.now();
      stopTimer();
      stopTimer = startTimer(waitSeconds * 1000, ping);
    };
    socket.onclose = ({ code }: { readonly code: number }) => {
      onClose(code);
      end();
    };
    socket.onerror = end;
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
