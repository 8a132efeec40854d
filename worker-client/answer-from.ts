import { ANSWER_WITHIN_SECONDS } from "./answer-within-seconds.ts";
import { ServiceUnreachableError } from "./errors/service-unreachable-error.ts";
import { startTimer } from "./start-timer.ts";

/**
 * What a source answers that is asked to wait so many seconds. Rejects with the signal's reason as
 * soon as it aborts; with a `ServiceUnreachableError` if asking fails, or takes too long. The signal
 * that `ask` is handed aborts when it is given up.
 */
export function answerFrom<Answer>(
  source: string,
  waitSeconds: number,
  signal: AbortSignal | undefined,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const end = new AbortController();
    const fail = (cause?: unknown) => {
      end.abort();
      // The caller's own abort is no failure.
      if (signal?.aborted) reject(signal.reason);
      else reject(new ServiceUnreachableError(`no answer from ${source}`, { cause }));
    };
    const stopTimer = startTimer((ANSWER_WITHIN_SECONDS + waitSeconds) * 1000, fail, signal);
    ask(end.signal).then(resolve, fail).finally(stopTimer);
  });
}
