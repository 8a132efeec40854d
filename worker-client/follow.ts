import { ANSWER_WITHIN_SECONDS } from "./answer.ts";
import { ServiceUnreachableError } from "./errors.ts";
import type { SocketLike } from "./options.ts";
import { type TaskState, TOKEN_EXPIRED_CLOSE_CODE } from "./protocol.ts";
import { backoffMs } from "./retry.ts";
import type { Service } from "./service.ts";
import { delay, startTimeout, startTimer } from "./timer.ts";
import { has, isTaskState, parseJson } from "./wire.ts";

/** A watch of one task, and its callbacks. */
interface Follower {
  readonly id: string;
  readonly url: string;
  /** Query parameters that say who watches: a run, an observer, or neither if empty. */
  readonly role: string;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** How long a poll is parked, and how long a WebSocket may be silent before we ping it. */
  readonly waitSeconds: number;
  /** The latest known revision, or 0 if none is known. */
  readonly revision: () => number;
  /**
   * Called whenever the service is heard from: with the task, or null if it has not changed, and with
   * the time at which the latest answered request was sent.
   */
  readonly onContact: (task: TaskState | null, sentAtMs: number) => void;
  /** Called with an error other than a connection failure, such as a refusal. The watch goes on. */
  readonly onError: (error: unknown) => void;
}

/**
 * The longest time that a poll is parked, or a WebSocket may be silent before we ping it, in seconds. A
 * dead connection is noticed `ANSWER_AGAIN_WITHIN_SECONDS` later: before a worker's grace period ends,
 * which is 30 s by default.
 */
export const MAX_SILENCE_SECONDS = 20;

/** How long a connection that has worked may take to respond, in seconds. A new one gets longer. */
const ANSWER_AGAIN_WITHIN_SECONDS = 5;

/** Every poll asks for a longer wait than this. One that is answered sooner, without news, was not parked. */
export const PARKED_AT_LEAST_MS = 500;

/** A connection that is lost sooner counts as a failure, so that we back off before the next one. */
const STABLE_AFTER_MS = 10_000;
/** A connection that was closed for an expired token counts as a failure only if it ends sooner. */
const TOKEN_LASTS_MS = 1000;
/** A longer WebSocket message is not from the service, which leaves long fields out of a watch. */
const MAX_MESSAGE_CHARACTERS = 65_536;
const MAX_POLLS_BEFORE_SOCKET = 64;

/** How many polls in a row may be answered immediately before we pace them. */
const MAX_QUICK_ANSWERS = 8;

/**
 * Follows a task until the signal aborts, over a WebSocket or, if none gets through, by long polling.
 * Each request names the latest known revision, so whatever changed while the connection was down
 * comes with the first response. It backs off only on failure: after a response, it polls again at
 * once.
 */
export async function followTask(service: Service, follower: Follower): Promise<void> {
  const { id, url, role, signal, onContact, onError } = follower;
  // A browser's cache holds a request back while another one for the same URL is pending, so each
  // watch polls a URL of its own.
  const mark = Math.random();
  let expired: string | undefined;
  let failures = 0;
  let pollsLeft = 0;
  let pollsBeforeSocket = 1;
  let quickAnswers = 0;
  let isPollAnswered = false;
  while (!signal.aborted) {
    const revision = follower.revision();
    let pauseMs: number | undefined;
    const askedAtMs = performance.now();
    try {
      const token = await service.token(signal, expired);
      signal.throwIfAborted();
      const socket =
        pollsLeft > 0
          ? null
          : service.openSocket(`${url}?revision=${revision}&direct=1${role}`, token);
      if (socket !== null) {
        let isExpired = false;
        const workedMs = await followSocket(socket, follower, (code) => {
          isExpired = code === TOKEN_EXPIRED_CLOSE_CODE;
          if (isExpired) expired = token;
        });
        if (workedMs > 0) {
          pollsBeforeSocket = 1;
          const isStable = workedMs >= (isExpired ? TOKEN_LASTS_MS : STABLE_AFTER_MS);
          failures = isStable ? 0 : failures + 1;
          pauseMs = backoffMs(failures);
        } else {
          // Either the service is down, or something in between blocks WebSockets: a poll will tell.
          pollsLeft = pollsBeforeSocket;
          pollsBeforeSocket = Math.min(MAX_POLLS_BEFORE_SOCKET, 2 * pollsBeforeSocket);
        }
      } else {
        // The connection may swallow everything, so a short poll comes before the long ones.
        const waitSeconds = isPollAnswered
          ? follower.waitSeconds
          : Math.min(follower.waitSeconds, ANSWER_AGAIN_WITHIN_SECONDS);
        let sentAtMs = askedAtMs;
        const task = await service.pollPlaces.park(
          { waitSeconds, signal },
          (waitSeconds, signal) => {
            sentAtMs = performance.now();
            return service.ask(
              {
                method: "GET",
                url: `${url}?revision=${revision}&wait=${waitSeconds}&watch=${mark}${role}`,
                waitSeconds,
                withinSeconds: isPollAnswered ? ANSWER_AGAIN_WITHIN_SECONDS : ANSWER_WITHIN_SECONDS,
                signal,
              },
              (status, body) => {
                if (status === 304) return null;
                return status === 200 && isTaskState(body, id) ? body : undefined;
              },
            );
          },
        );
        // It made room for another poll.
        if (task === undefined) continue;
        isPollAnswered = true;
        onContact(task, sentAtMs);
        const wasParked = performance.now() - askedAtMs >= PARKED_AT_LEAST_MS;
        const isNews = task !== null && task.revision > revision;
        if (!wasParked && !isNews) {
          // Something in between responds in the service's place: do not poll it in a tight loop.
          throw new ServiceUnreachableError("not parked");
        }
        quickAnswers = wasParked ? 0 : quickAnswers + 1;
        if (quickAnswers > MAX_QUICK_ANSWERS) pauseMs = PARKED_AT_LEAST_MS;
        failures = 0;
        pollsLeft = Math.max(0, pollsLeft - 1);
      }
    } catch (error) {
      if (signal.aborted) return;
      const isUnreachable = error instanceof ServiceUnreachableError;
      if (!isUnreachable) onError(error);
      isPollAnswered = false;
      pollsLeft = 0;
      pollsBeforeSocket = 1;
      // Something in between may cut every poll before its wait is over. The connection still works.
      if (performance.now() - askedAtMs >= STABLE_AFTER_MS) failures = 0;
      const retryAfterSeconds = isUnreachable ? error.retryAfterSeconds : 0;
      pauseMs = backoffMs(failures++, retryAfterSeconds);
    }
    // The loop checks for an abort.
    if (pauseMs !== undefined) await delay(pauseMs, signal, false).catch(() => {});
  }
}

/**
 * Follows a task over a WebSocket until it closes, is silent for too long or sends something invalid,
 * or the signal aborts. `onClose` gets the close code if the other side closes it. Returns how long
 * the WebSocket worked, in milliseconds, or 0 if no message ever arrived.
 */
function followSocket(
  socket: SocketLike,
  { id, signal, waitSeconds, onContact }: Follower,
  onClose: (code: unknown) => void,
): Promise<number> {
  // A socket that swallows everything must leave time for a poll before a dead man's switch fires.
  const connectsWithinMs = Math.min(ANSWER_WITHIN_SECONDS, waitSeconds / 2) * 1000;
  const answersAgainWithinMs = Math.min(ANSWER_AGAIN_WITHIN_SECONDS, waitSeconds / 4) * 1000;
  return new Promise((resolve) => {
    let firstMessageAtMs: number | null = null;
    let isOver = false;
    let sentAtMs = performance.now();
    let answeredAtMs = sentAtMs;
    const end = () => {
      if (isOver) return;
      isOver = true;
      stopTimer();
      signal.removeEventListener("abort", end);
      socket.close();
      resolve(firstMessageAtMs === null ? 0 : performance.now() - firstMessageAtMs);
    };
    let stopTimer = startTimeout(connectsWithinMs, end);
    const ping = (withinMs: number) => {
      stopTimer();
      stopTimer = startTimeout(withinMs, end);
      sentAtMs = performance.now();
      socket.send("ping");
    };
    // An open socket may still swallow everything, so ping it first.
    socket.addEventListener("open", () => {
      if (!isOver) ping(connectsWithinMs);
    });
    socket.addEventListener("message", (event) => {
      if (isOver) return;
      const text = has(event, "data") ? String(event.data) : "";
      const task = text.length > MAX_MESSAGE_CHARACTERS ? undefined : parseJson(text);
      // Only a pong proves that the service has received our last ping.
      if (text === "pong") answeredAtMs = sentAtMs;
      if (isTaskState(task, id)) onContact(task, answeredAtMs);
      else if (text === "pong") onContact(null, answeredAtMs);
      else return end();
      // The callback has ended the watch.
      if (signal.aborted) return;
      firstMessageAtMs ??= performance.now();
      stopTimer();
      stopTimer = startTimer(waitSeconds * 1000, () => ping(answersAgainWithinMs));
    });
    socket.addEventListener("close", (event) => {
      if (isOver) return;
      if (has(event, "code")) onClose(event.code);
      end();
    });
    socket.addEventListener("error", end);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
