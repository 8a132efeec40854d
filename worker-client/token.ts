import { ANSWER_WITHIN_SECONDS, answerFrom } from "./answer.ts";
import type { TaskClientOptions } from "./options.ts";

/**
 * Returns a function that gives the token to send, or undefined if there is none. Where the caller gave
 * a function, it is asked again for another token than the `expired` one.
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
  // All who need a token share one question.
  let question: Promise<string> | undefined;
  return async (signal, expired) => {
    // There is one, or somebody else has got a new one meanwhile.
    if (token !== expired) return token;
    const answer = () => {
      question ??= ask();
      return question;
    };
    try {
      token = printable(
        await answerFrom("the token function", ANSWER_WITHIN_SECONDS, signal, answer),
      );
      return token;
    } finally {
      question = undefined;
    }
  };
}

/** The token itself is named nowhere. */
function printable(token: string): string {
  if (typeof token === "string" && /^[!-~]+$/.test(token)) return token;
  throw new TypeError("the token has to be of printable ASCII, without spaces");
}
