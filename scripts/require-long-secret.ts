const MIN_BYTES = 32;

/** Throws one clear line, without the secret, if it is shorter than the service accepts. */
export function requireLongSecret(name: string, secret: string): void {
  const { length } = new TextEncoder().encode(secret);
  if (length >= MIN_BYTES) return;
  throw new Error(
    `${name} must have at least ${MIN_BYTES} bytes, not ${length}: make one with openssl rand -base64 32`,
  );
}
