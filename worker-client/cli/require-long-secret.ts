import { MIN_SECRET_BYTES } from "../protocol.ts";
import { UsageError } from "./usage-error.ts";

/** Throws a `UsageError`, without the secret, if it is shorter than the service accepts. */
export function requireLongSecret(name: string, secret: string): void {
  const { length } = new TextEncoder().encode(secret);
  if (length >= MIN_SECRET_BYTES) return;
  throw new UsageError(
    `${name} must have at least ${MIN_SECRET_BYTES} bytes, not ${length}: make one with openssl rand -base64 32`,
  );
}
