/** What is not for a terminal: control characters, and marks that turn the direction of a text. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;

/** A text that somebody else wrote, made fit for one line on a terminal. */
export function oneLine(text: string): string {
  return text.replace(CONTROL, " ").trim();
}
