import type { Env } from "../env.ts";
import { ProblemError } from "../http/problem-error.ts";

/** Cloudflare counts in periods of 10 s or of 60 s and does not say which, nor when one is over. */
const RETRY_AFTER_SECONDS = 10;

/** Refuses a token that asks too often, if the deployment has a rate limit. */
export async function limitRate(token: string, env: Env): Promise<void> {
  if (!env.RATE_LIMITER) return;
  const { success } = await env.RATE_LIMITER.limit({ key: await digestOf(token) });
  if (success) return;
  throw new ProblemError("too-many-requests", "This token asks too often: slow down.", {
    headers: { "Retry-After": String(RETRY_AFTER_SECONDS) },
  });
}

/** The token itself is handed to nobody. */
async function digestOf(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return new Uint8Array(digest).toBase64();
}
