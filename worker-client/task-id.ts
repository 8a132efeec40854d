/** What a task id looks like. `.` and `..` are not ids: in a URL they mean something else. */
export const TASK_ID_PATTERN = /^(?!\.\.?$)[\w.~:+@=,-]{1,128}$/;

/** What a message says after an id that is not valid. */
export const TASK_ID_RULE =
  'an id is 1 to 128 of A-Z a-z 0-9 . _ ~ : - + @ = , once every other byte is written like ~2F, and neither "." nor ".."';

/** What ids can begin with. */
export const TASK_PREFIX_PATTERN = /^[\w.~:+@=,-]{1,128}$/;

/** What a message says after the beginning of an id that no id has. */
export const TASK_PREFIX_RULE =
  "ids are 1 to 128 of A-Z a-z 0-9 . _ ~ : - + @ = , once every other byte is written like ~2F";

/**
 * Escapes what a task id cannot have, byte by byte: `feature/x` becomes `feature~2Fx`. What an id can
 * have stays, `~` included, so escaping twice changes nothing. The result can still be invalid: it
 * can be empty, `.`, `..` or too long, and half a character has no bytes to write.
 */
export function escapeTaskId(text: string): string {
  return text.replace(/[^\w.~:+@=,\p{Surrogate}-]/gu, (character) =>
    Array.from(
      new TextEncoder().encode(character),
      (byte) => `~${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    ).join(""),
  );
}
