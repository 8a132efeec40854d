import { ProblemError } from "./problem-error.ts";

const MAX_BODY_BYTES = 16 * 1024;

/** The body as text; one that is too large is refused while it is read, not after. */
export async function readBody(request: Request): Promise<string> {
  const announcedBytes = request.headers.get("Content-Length");
  if (Number(announcedBytes) > MAX_BODY_BYTES) throw tooLarge();
  // A body that says how long it is ends there, so it can be taken in one go, which is much quicker.
  const bytes = announcedBytes === null ? await readInChunks(request) : await request.arrayBuffer();
  if (bytes.byteLength > MAX_BODY_BYTES) throw tooLarge();
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw new ProblemError("bad-request", "The body is not UTF-8: send JSON in UTF-8.", { cause });
  }
}

async function readInChunks(request: Request): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return new Blob(chunks).arrayBuffer();
}

function tooLarge(): ProblemError {
  return new ProblemError(
    "body-too-large",
    `The body is larger than ${MAX_BODY_BYTES} bytes (16 KiB): send less.`,
  );
}
