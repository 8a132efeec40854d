import { Webhook } from "standardwebhooks";
import type { Endpoint, StoredDelivery } from "./endpoint.ts";

/** Returns the headers of a try, signed with every secret that is valid. */
export function signedHeaders(
  { secret, earlierSecrets }: Endpoint,
  { id, payload }: StoredDelivery,
  nowMs: number,
): Readonly<Record<string, string>> {
  const valid = earlierSecrets.filter(({ untilMs }) => nowMs < untilMs);
  const secrets = [secret, ...valid.map((earlier) => earlier.secret)];
  const signatures = secrets.map((one) => new Webhook(one).sign(id, new Date(nowMs), payload));
  return {
    "Content-Type": "application/json",
    "User-Agent": "edge-canceler",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(nowMs / 1000)),
    "webhook-signature": signatures.join(" "),
  };
}

const SECRET_BYTES = 32;

/** Returns a new secret in the format of Standard Webhooks. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}

const SECRET = /^whsec_[A-Za-z0-9+/]+={0,2}$/;
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;

/** Whether a text is a secret in the format of Standard Webhooks. */
export function isSecret(text: string): boolean {
  if (!SECRET.test(text)) return false;
  try {
    const { length } = atob(text.slice("whsec_".length));
    return length >= MIN_SECRET_BYTES && length <= MAX_SECRET_BYTES;
  } catch {
    return false;
  }
}
