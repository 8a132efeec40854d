/** What a terminal acts on and JSON leaves as it is: DEL, C1 codes, and marks of direction. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;

/** A value as JSON in one line, which a terminal can show, too, whoever wrote the texts in it. */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
