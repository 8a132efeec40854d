import { MIN_SECRET_BYTES } from "../worker-client/protocol.ts";

/** Throws one clear line, without the secret, if it is shorter than the service accepts. */
export function requireLongSecret(name: string, secret: string): void {
  const { length } = new TextEncoder().encode(secret);
  if (length >= MIN_SECRET_BYTES) return;
  throw new Error(
    `${name} must have at least ${MIN_SECRET_BYTES} bytes, not ${length}: make one with openssl rand -base64 32`,
  );
}
