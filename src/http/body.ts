import * as v from "valibot";
import { isObject } from "./fields.ts";
import { ProblemError } from "./problem.ts";
import { show } from "./request.ts";

const MAX_BODY_BYTES = 16 * 1024;
/** JSON that is nested too deeply overflows the stack when it is serialized again, here or by a client. */
const MAX_DEPTH = 100;

export type Parsed<Fields extends v.ObjectEntries> = v.InferOutput<
  v.StrictObjectSchema<Fields, undefined>
>;

/** Returns the JSON body, which may have these fields and no others. No body counts as `{}`. */
export async function parseBody<Fields extends v.ObjectEntries>(
  request: Request,
  fields: Fields,
  { maxBytes = MAX_BODY_BYTES }: { readonly maxBytes?: number } = {},
): Promise<Parsed<Fields>> {
  return parseFields(parseObject(await readBody(request, maxBytes)), fields);
}

/** Checks an object parsed from JSON, which may have these fields and no others. */
export function parseFields<Fields extends v.ObjectEntries>(
  value: object,
  fields: Fields,
  what: "field" | "parameter" = "field",
): Parsed<Fields> {
  const result = v.safeParse(v.strictObject(fields), value, { abortEarly: true });
  if (result.success) return result.output;
  // A mistyped name is more useful to report than the right one that is missing.
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) throw unknownName(what, unknown, Object.keys(fields));
  throw new ProblemError("bad-request", describe(result.issues[0], what));
}

/** Returns the problem for an unknown field or parameter. */
export function unknownName(
  what: "field" | "parameter",
  name: string,
  known: readonly string[],
): ProblemError {
  return new ProblemError(
    "bad-request",
    `The ${what} ${show(name)} is unknown: ${whatIsKnown(what, known)}.`,
  );
}

function whatIsKnown(what: string, known: readonly string[]): string {
  switch (known.length) {
    case 0:
      return `this request takes no ${what}s`;
    case 1:
      return `the only ${what} is ${known[0]}`;
    default:
      return `the ${what}s are ${known.join(", ")}`;
  }
}

function parseObject(text: string): object {
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProblemError(
      "bad-request",
      `The body is not JSON: ${show(text)}. Send a JSON object, or no body.`,
      { cause },
    );
  }
  if (depthOf(text) > MAX_DEPTH) {
    throw new ProblemError(
      "bad-request",
      `The body is nested more than ${MAX_DEPTH} levels deep: send flatter JSON.`,
    );
  }
  if (isObject(value)) return value;
  throw new ProblemError("bad-request", `The body must be a JSON object, not ${show(value)}.`);
}

/** Returns how deeply a JSON text is nested, without recursion. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case '"':
        isInString = !isInString;
        break;
      case "\\":
        at++;
        break;
      case "{":
      case "[":
        if (!isInString) deepest = Math.max(deepest, ++depth);
        break;
      case "}":
      case "]":
        if (!isInString) depth--;
    }
  }
  return deepest;
}

/** Describes an issue. Adds the value, unless the message ends with a full stop. */
function describe({ type, message, path, input }: v.BaseIssue<unknown>, what: string): string {
  const name = show(path?.[0]?.key);
  if (type === "strict_object") return `The ${what} ${name} is missing.`;
  return `The ${what} ${name} ${message.endsWith(".") ? message : `${message}, not ${show(input)}.`}`;
}

const TIMEOUT_MS = 10_000;

/** Reads the body as text. Rejects one that is too large or too slow while it arrives, not afterwards. */
async function readBody(request: Request, maxBytes: number): Promise<string> {
  const announcedBytes = request.headers.get("Content-Length");
  if (Number(announcedBytes) > maxBytes) throw tooLarge(maxBytes);
  if (announcedBytes === "0" || request.body === null) return "";
  // A body with a Content-Length ends there, so it can be read in one go, which is much faster.
  const reading =
    announcedBytes === null ? readInChunks(request.body, maxBytes) : request.arrayBuffer();
  const bytes = await withTimeout(reading).catch((error) => {
    if (error instanceof ProblemError || error === request.signal.reason) throw error;
    throw new ProblemError("bad-request", "The body is cut off or malformed: send all of it.", {
      cause: error,
    });
  });
  if (bytes.byteLength > maxBytes) throw tooLarge(maxBytes);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw new ProblemError("bad-request", "The body is not UTF-8: send JSON in UTF-8.", { cause });
  }
}

async function readInChunks(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return new Blob(chunks).arrayBuffer();
}

/** A body that arrives byte by byte must not hold a request open forever. */
async function withTimeout<Result>(reading: Promise<Result>): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooSlow()), TIMEOUT_MS);
  try {
    return await Promise.race([reading, late]);
  } finally {
    clearTimeout(timer);
  }
}

function tooSlow(): ProblemError {
  return new ProblemError(
    "body-too-slow",
    `The body did not arrive within ${TIMEOUT_MS / 1000} s: send it without pauses.`,
  );
}

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError(
    "body-too-large",
    `The body is larger than ${maxBytes} bytes (${maxBytes / 1024} KiB): send less.`,
  );
}
