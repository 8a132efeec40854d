import { ANSWER_WITHIN_SECONDS, answerFrom } from "./answer.ts";
import type { TaskClientOptions } from "./options.ts";

/**
 * Where the token comes from: it is given once, or there is a function to ask. What it returns
 * answers the token to send, if there is any: another than the `expired` one, if there may be.
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
