import { ServiceUnreachableError } from "./errors.ts";
import type { FetchedResponse } from "./options.ts";
import { startTimeout } from "./timer.ts";
import { MAX_ANSWER_BYTES } from "./wire.ts";

/** How long the service may take to respond, in seconds, on top of the wait it was asked for. */
export const ANSWER_WITHIN_SECONDS = 10;

/**
 * Calls `ask` and returns its result. Rejects with the signal's reason as soon as it aborts, and with
 * a `ServiceUnreachableError` that names the `source` if `ask` fails or takes longer than
 * `withinSeconds`. The signal that `ask` gets aborts when we give up.
 */
export function answerFrom<Answer>(
  source: string,
  withinSeconds: number,
  signal: AbortSignal | undefined,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const end = new AbortController();
    const fail = (cause?: unknown) => {
      end.abort();
      // The caller's own abort is not a failure.
      if (signal?.aborted) reject(signal.reason);
      else if (cause instanceof ServiceUnreachableError) reject(cause);
      else reject(new ServiceUnreachableError(`no answer from ${source}`, { cause }));
    };
    const stopTimer = startTimeout(withinSeconds * 1000, fail, signal);
    ask(end.signal).then(resolve, fail).finally(stopTimer);
  });
}

/**
 * Reads a response's body as text. Throws if it is larger than anything the service sends: it may be
 * endless, or a few bytes that unpack to gigabytes.
 */
export async function readText({ body }: FetchedResponse): Promise<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done || value === undefined) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new Error("the answer is too long");
    text += decoder.decode(value, { stream: true });
  }
}
