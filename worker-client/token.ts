import { ANSWER_WITHIN_SECONDS, answerFrom } from "./answer.ts";
import type { TaskClientOptions } from "./options.ts";
import { has, parseJson } from "./wire.ts";

/** How long before its end a token is replaced, and how often at most, in milliseconds. */
const RENEW_BEFORE_MS = 30_000;

/**
 * Returns a function that gives the token to send, or undefined if there is none. Where the caller gave
 * a function, it is asked for another token than the `expired` one, and before the end of one.
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
  // Everybody who needs a token shares one question.
  let question: Promise<string> | undefined;
  return async (signal, expired) => {
    const known = token;
    // There is one, or somebody else has got a new one meanwhile.
    if (known !== expired) {
      if (Date.now() < renewAtMs) return known;
      renewAtMs = Date.now() + RENEW_BEFORE_MS;
    }
    const answer = () => {
      question ??= ask();
      return question;
    };
    try {
      token = printable(
        await answerFrom("the token function", ANSWER_WITHIN_SECONDS, signal, answer),
      );
      // Neither a short life nor a clock that is wrong makes every request ask.
      renewAtMs = Math.max(Date.now(), endOf(token) - 2 * RENEW_BEFORE_MS) + RENEW_BEFORE_MS;
      return token;
    } catch (error) {
      // The token that is about to end has not ended yet.
      if (known !== expired && !signal?.aborted) return known;
      throw error;
    } finally {
      question = undefined;
    }
  };
}

/** When a token ends, in milliseconds since 1970, if it says so: a JWT that nobody has verified. */
function endOf(token: string): number {
  try {
    const [, payload = ""] = token.split(".");
    const claims = parseJson(atob(payload.replace(/-/g, "+").replace(/_/g, "/")));
    return has(claims, "exp") ? Number(claims.exp) * 1000 || Infinity : Infinity;
  } catch {
    return Infinity;
  }
}

/** Returns the token, if a header can carry it. The error does not show it. */
function printable(token: string): string {
  if (typeof token === "string" && /^[!-~]+$/.test(token)) return token;
  throw new TypeError("the token must be printable ASCII without spaces");
}
