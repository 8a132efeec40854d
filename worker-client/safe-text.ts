/**
 * What a terminal acts on and does not show, as the source of a regular expression: control
 * characters, separators of lines, and marks that turn the direction of a text.
 */
const UNSAFE_CHARACTERS = String.raw`[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]`;

const UNSAFE = /* @__PURE__ */ new RegExp(UNSAFE_CHARACTERS, "gu");
const UNSAFE_RUN = new RegExp(`${UNSAFE_CHARACTERS}+`, "gu");

/** Returns a text that somebody else wrote, fit for a terminal: spaces stand for what is unsafe. */
export function safeText(text: string): string {
  return text.replace(UNSAFE_RUN, " ");
}

/** Returns a text that somebody else wrote, fit for one line on a terminal, without space around it. */
export function oneLine(text: string): string {
  return safeText(text).trim();
}

/**
 * Returns a value as one line of JSON that a terminal can show, no matter where its texts come from. Plain
 * JSON leaves DEL, C1 controls and marks of direction as they are.
 */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
