import * as v from "valibot";
import { isObject } from "./fields.ts";
import { ProblemError } from "./problem.ts";
import { show } from "./request.ts";

const MAX_BODY_BYTES = 16 * 1024;
/** JSON that is nested too deeply overflows the stack when it is written again, here or by a client. */
const MAX_DEPTH = 100;

export type Parsed<Fields extends v.ObjectEntries> = v.InferOutput<
  v.StrictObjectSchema<Fields, undefined>
>;

/** The JSON body with exactly these fields. No body is the same as `{}`. */
export async function parseBody<Fields extends v.ObjectEntries>(
  request: Request,
  fields: Fields,
  { maxBytes = MAX_BODY_BYTES }: { readonly maxBytes?: number } = {},
): Promise<Parsed<Fields>> {
  return parseFields(parseObject(await readBody(request, maxBytes)), fields);
}

/** The object that JSON has described, with exactly these fields. */
export function parseFields<Fields extends v.ObjectEntries>(
  value: object,
  fields: Fields,
  what: "field" | "parameter" = "field",
): Parsed<Fields> {
  const result = v.safeParse(v.strictObject(fields), value, { abortEarly: true });
  if (result.success) return result.output;
  // A name that is mistyped says more than that the right one is missing.
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) throw unknownName(what, unknown, Object.keys(fields));
  throw new ProblemError("bad-request", describe(result.issues[0], what));
}

/** The problem of a field or a parameter that the route does not know. */
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

/** How deep the objects and lists of a JSON text are nested, told without recursion. */
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

/** A message that is a sentence of its own, with a full stop, has no use for the value. */
function describe({ type, message, path, input }: v.BaseIssue<unknown>, what: string): string {
  const name = show(path?.[0]?.key);
  if (type === "strict_object") return `The ${what} ${name} is missing.`;
  return `The ${what} ${name} ${message.endsWith(".") ? message : `${message}, not ${show(input)}.`}`;
}

const WITHIN_MS = 10_000;

/** The body as text; one that is too large or too slow is refused while it is read, not after. */
async function readBody(request: Request, maxBytes: number): Promise<string> {
  const announcedBytes = request.headers.get("Content-Length");
  if (Number(announcedBytes) > maxBytes) throw tooLarge(maxBytes);
  if (announcedBytes === "0" || request.body === null) return "";
  // A body that says how long it is ends there, so it can be taken in one go, which is much quicker.
  const reading =
    announcedBytes === null ? readInChunks(request.body, maxBytes) : request.arrayBuffer();
  const bytes = await inTime(reading).catch((error) => {
    if (error instanceof ProblemError || error === request.signal.reason) throw error;
    throw new ProblemError("bad-request", "The body is cut off or malformed: send it whole.", {
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

/** A body that comes byte by byte must not hold a request open for ever. */
async function inTime<Result>(reading: Promise<Result>): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooSlow()), WITHIN_MS);
  try {
    return await Promise.race([reading, late]);
  } finally {
    clearTimeout(timer);
  }
}

function tooSlow(): ProblemError {
  return new ProblemError(
    "body-too-slow",
    `The body did not come within ${WITHIN_MS / 1000} s: send it at once.`,
  );
}

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError(
    "body-too-large",
    `The body is larger than ${maxBytes} bytes (${maxBytes / 1024} KiB): send less.`,
  );
}
