import { ANSWER_WITHIN_SECONDS, answerFrom } from "./answer.ts";
import type { TaskClientOptions } from "./options.ts";
import { has, parseJson } from "./wire.ts";

/** How long before its expiry a token is replaced, and how often at most, in milliseconds. */
const RENEW_BEFORE_MS = 30_000;

/**
 * Returns a function that gets the token to send, or undefined if there is none. A token function is
 * called again to replace an `expired` token, or one that is about to expire.
 */
export function tokenSource(
  given: TaskClientOptions["token"],
): (signal: AbortSignal | undefined, expired?: string) => Promise<string | undefined> {
  if (typeof given !== "function") {
    const token = given && printable(given);
    return async () => token;
  }
  const ask = async () => given();
  let token: string | undefined;
  let renewAtMs = Infinity;
  // Concurrent requests share one call.
  let pending: Promise<string> | undefined;
  return async (signal, expired) => {
    const known = token;
    // There is one, or another request has got a new one meanwhile.
    if (known !== expired) {
      if (Date.now() < renewAtMs) return known;
      renewAtMs = Date.now() + RENEW_BEFORE_MS;
    }
    const answer = () => {
      pending ??= ask();
      return pending;
    };
    try {
      token = printable(
        await answerFrom("the token function", ANSWER_WITHIN_SECONDS, signal, answer),
      );
      // Neither a short lifetime nor a wrong clock makes every request ask for a token.
      renewAtMs = Math.max(Date.now(), expiryMsOf(token) - 2 * RENEW_BEFORE_MS) + RENEW_BEFORE_MS;
      return token;
    } catch (error) {
      // The token that is about to expire is still valid.
      if (known !== expired && !signal?.aborted) return known;
      throw error;
    } finally {
      pending = undefined;
    }
  };
}

/** When a JWT expires, in milliseconds since 1970; Infinity if the token does not say. Not verified. */
function expiryMsOf(token: string): number {
  try {
    const [, payload = ""] = token.split(".");
    const claims = parseJson(atob(payload.replace(/-/g, "+").replace(/_/g, "/")));
    return has(claims, "exp") ? Number(claims.exp) * 1000 || Infinity : Infinity;
  } catch {
    return Infinity;
  }
}

/** Returns the token if a header can carry it. Otherwise throws an error that does not reveal it. */
function printable(token: string): string {
  if (typeof token === "string" && /^[!-~]+$/.test(token)) return token;
  throw new TypeError("the token must be printable ASCII without spaces");
}
