/** What a task id looks like. `.` and `..` are not ids: in a URL they mean something else. */
export const TASK_ID_PATTERN = /^(?!\.\.?$)[\w.~:+@=,-]{1,128}$/;

/** What an error message says after an invalid id. */
export const TASK_ID_RULE =
  'an id has 1 to 128 characters out of A-Z a-z 0-9 . _ ~ : - + @ = , with others written like ~2F, and is not "." or ".."';

/** What ids can begin with. */
export const TASK_PREFIX_PATTERN = /^[\w.~:+@=,-]{1,128}$/;

/** What an error message says after a prefix that no id can begin with. */
export const TASK_PREFIX_RULE =
  "ids have 1 to 128 characters out of A-Z a-z 0-9 . _ ~ : - + @ = , with others written like ~2F";

/**
 * Escapes what a task id cannot contain, byte by byte: `feature/x` becomes `feature~2Fx`. It leaves `~`
 * as it is, so escaping twice changes nothing. The result can still be invalid: empty, `.`, `..`, too
 * long, or with a lone surrogate, which has no bytes to write.
 */
export function escapeTaskId(text: string): string {
  return text.replace(/[^\w.~:+@=,\p{Surrogate}-]/gu, (character) =>
    Array.from(
      new TextEncoder().encode(character),
      (byte) => `~${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    ).join(""),
  );
}

/** What names a task, a queue or the beginning of ids in a body. */
interface Names {
  readonly id?: string;
  readonly parent?: string | null | undefined;
  readonly queue?: string | undefined;
  readonly prefix?: string | undefined;
}

/** Returns a body with the ids in it escaped: its own, and those of what it names. */
export function withEscapedIds(body: Names): object {
  const { id, parent, queue, prefix } = body;
  return {
    ...body,
    id: id && escapeTaskId(id),
    parent: parent && escapeTaskId(parent),
    queue: queue && escapeTaskId(queue),
    prefix: prefix && escapeTaskId(prefix),
  };
}
