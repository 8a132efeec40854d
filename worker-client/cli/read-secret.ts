import { readFileSync } from "node:fs";
import { MIN_SECRET_BYTES } from "../protocol.ts";
import { UsageError } from "./usage-error.ts";

/** The service's secret, out of a file or the environment; never out of a flag, which others can see. */
export function readSecret(file: string | undefined, fromEnvironment: string | undefined): string {
  const secret = file === undefined ? fromEnvironment : readSecretFile(file);
  if (secret === undefined || secret === "") {
    throw new UsageError("there is no secret: set AUTH_SECRET, or name a file with --secret-file");
  }
  const bytes = Buffer.byteLength(secret);
  if (bytes >= MIN_SECRET_BYTES) return secret;
  const name = file === undefined ? "AUTH_SECRET" : `the secret in ${file}`;
  throw new UsageError(
    `${name} has ${bytes} bytes, and needs ${MIN_SECRET_BYTES}: openssl rand -base64 32`,
  );
}

function readSecretFile(file: string): string {
  try {
    // The end of a line at its end is the editor's.
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${error.code})` : "";
    throw new UsageError(`cannot read the secret file ${file}${code}: name one with --secret-file`);
  }
}
