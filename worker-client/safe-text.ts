/**
 * The source of a regular expression for characters that a terminal acts on instead of showing them:
 * control characters, line separators, and marks that change the direction of the text.
 */
const UNSAFE_CHARACTERS = String.raw`[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]`;

const UNSAFE = /* @__PURE__ */ new RegExp(UNSAFE_CHARACTERS, "gu");
const UNSAFE_RUN = new RegExp(`${UNSAFE_CHARACTERS}+`, "gu");

/** Makes untrusted text safe for a terminal: replaces unsafe characters with spaces. */
export function safeText(text: string): string {
  return text.replace(UNSAFE_RUN, " ");
}

/** Makes untrusted text safe for one line on a terminal, and trims it. */
export function oneLine(text: string): string {
  return safeText(text).trim();
}

/**
 * Returns a value as one line of JSON that is safe on a terminal, wherever its texts come from. Plain
 * JSON leaves DEL, C1 controls and direction marks as they are.
 */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
