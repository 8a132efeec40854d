import { ProblemError } from "./problem-error.ts";

const MAX_BODY_BYTES = 16 * 1024;

/** The body as text; one that is too large is refused while it is read, not after. */
export async function readBody(request: Request): Promise<string> {
  if (Number(request.headers.get("Content-Length")) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    const bytes = await new Blob(chunks).arrayBuffer();
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw new ProblemError("bad-request", "The body is not UTF-8: send JSON in UTF-8.", { cause });
  }
}

function tooLarge(): ProblemError {
  return new ProblemError(
    "body-too-large",
    `The body is larger than ${MAX_BODY_BYTES} bytes (16 KiB): send less.`,
  );
}
