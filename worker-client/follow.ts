import { ANSWER_WITHIN_SECONDS } from "./answer.ts";
import { ServiceUnreachableError } from "./errors.ts";
import type { SocketLike } from "./options.ts";
import { type TaskState, TOKEN_EXPIRED_CLOSE_CODE } from "./protocol.ts";
import { backoffMs } from "./retry.ts";
import type { Service } from "./service.ts";
import { delay, startTimeout, startTimer } from "./timer.ts";
import { has, isTaskState, parseJson } from "./wire.ts";

/** A watcher of a task, and what it is told. */
interface Follower {
  readonly id: string;
  readonly url: string;
  /** The watcher's part in the task, as more of the query. */
  readonly role: string;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** How long a poll is parked, and a WebSocket may be silent before it is asked for a sign of life. */
  readonly waitSeconds: number;
  /** The revision that is known by now; 0: none. */
  readonly revision: () => number;
  /**
   * Called at every sign of life, with the task if it has changed, and when the newest request was
   * sent that has been answered.
   */
  readonly onContact: (task: TaskState | null, sentAtMs: number) => void;
  /** Called with an error that is not a failure of the line, such as a refusal. It goes on anyway. */
  readonly onError: (error: unknown) => void;
}

/**
 * How long a poll is parked, and how long a WebSocket may be silent before it is asked for a sign of
 * life, in seconds at most. A line that died without a word is noticed `ANSWER_AGAIN_WITHIN_SECONDS`
 * later: sooner than a worker's grace period is over, which is 30 s by default.
 */
export const MAX_SILENCE_SECONDS = 20;

/** How long a line that worked may take to answer again, in seconds. A new one has longer. */
const ANSWER_AGAIN_WITHIN_SECONDS = 5;

/** A poll waits for at least half a second; one that is answered sooner, without news, was not parked. */
export const PARKED_AT_LEAST_MS = 500;

/** The longest pause after failures: a worker that is cancelled meanwhile hears of it that much later. */
const MAX_PAUSE_MS = 10_000;

/** A line that is lost sooner counts as a failure, so that it is not taken up again in a rush. */
const STABLE_AFTER_MS = 10_000;
/** The end of a token is not a failure of the line, but for one that ends sooner than this. */
const TOKEN_LASTS_MS = 1000;
/** A WebSocket message that is longer is not the service's: what can be long is not sent to a watch. */
const MAX_MESSAGE_CHARACTERS = 65_536;
const MAX_POLLS_BEFORE_SOCKET = 64;

/** How many polls in a row may be answered at once before the next ones are paced. */
const MAX_QUICK_ANSWERS = 8;

/**
 * Follows a task until the signal aborts, over a WebSocket or, where none gets through, by long
 * polls. Whichever it is, it names the revision that is known, so what changed while the line was
 * cut comes with the first answer. It backs off on failure only: an answered poll is parked again
 * at once.
 */
export async function followTask(service: Service, follower: Follower): Promise<void> {
  const { id, url, role, signal, onContact, onError } = follower;
  // A browser's cache makes a request for a URL wait until an earlier one for it has its answer, so
  // the polls of each watch have a URL of their own.
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
          pauseMs = backoffMs(failures, 0, MAX_PAUSE_MS);
        } else {
          // Either the service is down, or something in between lets no WebSocket through: polls tell.
          pollsLeft = pollsBeforeSocket;
          pollsBeforeSocket = Math.min(MAX_POLLS_BEFORE_SOCKET, 2 * pollsBeforeSocket);
        }
      } else {
        // A line that may swallow every word is not given a long poll before it has answered a short one.
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
        // It was another poll's turn.
        if (task === undefined) continue;
        isPollAnswered = true;
        onContact(task, sentAtMs);
        const wasParked = performance.now() - askedAtMs >= PARKED_AT_LEAST_MS;
        const isNews = task !== null && task.revision > revision;
        if (!wasParked && !isNews) {
          // Something in between answers in the service's place; do not ask it in a tight loop.
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
      // Something in between may cut every poll before its wait is over; the line is well all the same.
      if (performance.now() - askedAtMs >= STABLE_AFTER_MS) failures = 0;
      const retryAfterSeconds = isUnreachable ? error.retryAfterSeconds : 0;
      pauseMs = backoffMs(failures++, retryAfterSeconds, MAX_PAUSE_MS);
    }
    // Aborted: the loop sees it.
    if (pauseMs !== undefined) await delay(pauseMs, signal, false).catch(() => {});
  }
}

/**
 * Follows a task by a WebSocket until the line is lost, is silent for too long, or says something that
 * makes no sense, or the signal aborts. `onClose` is told the code if the service closes it. Returns
 * how long it worked, in milliseconds; 0 if not a word ever came through.
 */
function followSocket(
  socket: SocketLike,
  { id, signal, waitSeconds, onContact }: Follower,
  onClose: (code: unknown) => void,
): Promise<number> {
  // A socket that swallows every word must leave a dead man's switch the time for a poll.
  const connectsWithinMs = Math.min(ANSWER_WITHIN_SECONDS, waitSeconds / 2) * 1000;
  const answersAgainWithinMs = Math.min(ANSWER_AGAIN_WITHIN_SECONDS, waitSeconds / 4) * 1000;
  return new Promise((resolve) => {
    let firstWordAtMs: number | null = null;
    let isOver = false;
    let sentAtMs = performance.now();
    let answeredAtMs = sentAtMs;
    const end = () => {
      if (isOver) return;
      isOver = true;
      stopTimer();
      signal.removeEventListener("abort", end);
      socket.close();
      resolve(firstWordAtMs === null ? 0 : performance.now() - firstWordAtMs);
    };
    let stopTimer = startTimeout(connectsWithinMs, end);
    const ping = (withinMs: number) => {
      stopTimer();
      stopTimer = startTimeout(withinMs, end);
      sentAtMs = performance.now();
      socket.send("ping");
    };
    // An open line may still swallow every word, so the first thing is to hear something.
    socket.addEventListener("open", () => {
      if (!isOver) ping(connectsWithinMs);
    });
    socket.addEventListener("message", (event) => {
      if (isOver) return;
      const text = has(event, "data") ? String(event.data) : "";
      const task = text.length > MAX_MESSAGE_CHARACTERS ? undefined : parseJson(text);
      // What was not asked for says nothing about when the service last heard of us.
      if (text === "pong") answeredAtMs = sentAtMs;
      if (isTaskState(task, id)) onContact(task, answeredAtMs);
      else if (text === "pong") onContact(null, answeredAtMs);
      else return end();
      // That was the last word to wait for.
      if (signal.aborted) return;
      firstWordAtMs ??= performance.now();
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
