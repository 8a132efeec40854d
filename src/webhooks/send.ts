import type { TryResult } from "./delivery.ts";
import type { WebhookSend } from "./webhook-core.ts";

const TIMEOUT_MS = 15_000;
/** How much of a response to read. */
const MAX_ANSWER_BYTES = 4096;

/**
 * Sends one request, and returns the result. Follows no redirects. Only the status counts; the beginning
 * of the body is read so that the connection can be reused.
 */
export async function send({ url, headers, body }: WebhookSend): Promise<TryResult> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), TIMEOUT_MS);
  try {
    const { signal } = end;
    const init: RequestInit = { method: "POST", headers, body, redirect: "manual", signal };
    const response = await fetch(url, init);
    const retryAfterSeconds = secondsIn(response.headers.get("Retry-After"));
    await skim(response.body);
    return { kind: "answered", status: response.status, retryAfterSeconds };
  } catch (error) {
    const why = reasonOf(error);
    const seconds = TIMEOUT_MS / 1000;
    return {
      kind: "unanswered",
      error: end.signal.aborted ? `no answer within ${seconds} s` : `cannot be reached: ${why}`,
    };
  } finally {
    clearTimeout(timer);
    end.abort();
  }
}

/** The runtime calls it an internal error if a name has no address, TLS fails, or the response is not HTTP. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.startsWith("internal error")
    ? "check its host name, its certificate, and that it speaks HTTP"
    : message;
}

/**
 * Returns the seconds in a `Retry-After` header, which is a number of seconds or a date. Null if that is
 * now or in the past, so that an overloaded receiver gets the usual pause.
 */
function secondsIn(header: string | null): number | null {
  if (header === null) return null;
  const seconds = /^\d+$/.test(header)
    ? Number(header)
    : Math.ceil((Date.parse(header) - Date.now()) / 1000);
  return seconds > 0 ? seconds : null;
}

/** Reads the beginning of a body. If it is cut off or too slow, the response still counts. */
async function skim(body: ReadableStream<Uint8Array> | null): Promise<void> {
  const reader = body?.getReader();
  if (reader === undefined) return;
  let bytes = 0;
  try {
    while (bytes < MAX_ANSWER_BYTES) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.byteLength;
    }
    await reader.cancel();
  } catch {
    // The status says all that matters.
  }
}
