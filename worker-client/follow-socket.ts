import { ANSWER_WITHIN_SECONDS } from "./answer-within-seconds.ts";
import { startTimer } from "./start-timer.ts";

interface Options {
  /** How long the line may be silent before the service is asked whether it is still there. */
  readonly pingEverySeconds: number;
  readonly signal: AbortSignal;
  /** Every sign of life: `pong`, or a state. Answers false if it makes no sense. */
  readonly onMessage: (message: string) => boolean;
}

/**
 * Follows a WebSocket until the line is lost, quiet for too long, or the signal aborts. Answers
 * how long it worked, in milliseconds; 0: not a word ever came through.
 */
export function followSocket(socket: WebSocket, options: Options): Promise<number> {
  const { signal, onMessage, pingEverySeconds } = options;
  // A socket that swallows every word must leave a dead man's switch the time for a whole poll.
  const answerWithinMs = Math.min(ANSWER_WITHIN_SECONDS, pingEverySeconds / 4) * 1000;
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
    socket.onmessage = ({ data }) => {
      if (!onMessage(String(data))) return end();
      // It was the last word that was waited for.
      if (signal.aborted) return;
      firstWordAtMs ??= performance.now();
      stopTimer();
      stopTimer = startTimer(pingEverySeconds * 1000, ping);
    };
    socket.onclose = socket.onerror = end;
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
