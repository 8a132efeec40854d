import { readFileSync } from "node:fs";
import { requireLongSecret } from "./require-long-secret.ts";
import { UsageError } from "./usage-error.ts";

/** The service's secret, out of a file or the environment; never out of a flag, which others can see. */
export function readSecret(file: string | undefined, fromEnvironment: string | undefined): string {
  const secret = file === undefined ? fromEnvironment : readSecretFile(file);
  if (secret === undefined || secret === "") {
    throw new UsageError("there is no secret: set AUTH_SECRET, or name a file with --secret-file");
  }
  requireLongSecret(file === undefined ? "AUTH_SECRET" : `the secret in ${file}`, secret);
  return secret;
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
