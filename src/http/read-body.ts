import { ProblemError } from "./problem-error.ts";

const MAX_BODY_BYTES = 16 * 1024;
const WITHIN_MS = 10_000;

/** The body as text; one that is too large or too slow is refused while it is read, not after. */
export async function readBody(request: Request): Promise<string> {
  const announcedBytes = request.headers.get("Content-Length");
  if (Number(announcedBytes) > MAX_BODY_BYTES) throw tooLarge();
  if (request.body === null) return "";
  // A body that says how long it is ends there, so it can be taken in one go, which is much quicker.
  const reading = announcedBytes === null ? readInChunks(request.body) : request.arrayBuffer();
  const bytes = await inTime(reading).catch((error) => {
    if (error instanceof ProblemError || error === request.signal.reason) throw error;
    throw new ProblemError("bad-request", "The body is cut off or malformed: send it whole.", {
      cause: error,
    });
  });
  if (bytes.byteLength > MAX_BODY_BYTES) throw tooLarge();
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw new ProblemError("bad-request", "The body is not UTF-8: send JSON in UTF-8.", { cause });
  }
}

async function readInChunks(body: ReadableStream<Uint8Array>): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return new Blob(chunks).arrayBuffer();
}

/** Who sends a body byte by byte must not hold a request open for as long as they like. */
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

function tooLarge(): ProblemError {
  return new ProblemError(
    "body-too-large",
    `The body is larger than ${MAX_BODY_BYTES} bytes (16 KiB): send less.`,
  );
}
