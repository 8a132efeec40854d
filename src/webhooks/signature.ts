import { Webhook } from "standardwebhooks";
import type { Endpoint, StoredDelivery } from "./endpoint.ts";

/** The headers of a try: every secret that is valid signs it. */
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

/** A new secret, as the specification writes one. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}

const SECRET = /^whsec_[A-Za-z0-9+/]+={0,2}$/;
const LEAST_SECRET_BYTES = 24;
const MOST_SECRET_BYTES = 64;

/** Whether a text is a secret as the specification writes one. */
export function isSecret(text: string): boolean {
  if (!SECRET.test(text)) return false;
  try {
    const { length } = atob(text.slice("whsec_".length));
    return length >= LEAST_SECRET_BYTES && length <= MOST_SECRET_BYTES;
  } catch {
    return false;
  }
}
