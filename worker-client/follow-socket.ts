import { ANSWER_WITHIN_SECONDS } from "./answer-within-seconds.ts";
import type { Follower } from "./follower.ts";
import { isTaskState } from "./is-task-state.ts";
import { parseJson } from "./parse-json.ts";
import { startTimer } from "./start-timer.ts";

/**
 * Follows a task by a WebSocket until the line is lost, quiet for too long, or says what makes no
 * sense, or the signal aborts. `onClose` is told the code if the service closes it. Answers how long
 * it worked, in milliseconds; 0: not a word ever came through.
 */
export function followSocket(
  socket: WebSocket,
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
    socket.onmessage = ({ data }) => {
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
    socket.onclose = ({ code }) => {
      onClose(code);
      end();
    };
    socket.onerror = end;
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
