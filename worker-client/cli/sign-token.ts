import { SignJWT } from "jose";

export interface Grant {
  /** Who the token is for; a cancel is recorded with it. */
  readonly subject: string;
  /** Words out of `SCOPES`, with spaces between them. */
  readonly scope: string;
  /** Task ids, and prefixes of them that end in `*`. */
  readonly tasks: readonly string[];
  readonly ttlSeconds: number;
}

/**
 * Signs a token of the service (a JWT, HS256) that is good from `nowMs` on. The build puts jose into
 * this file, because the package depends on no other.
 */
export function signToken(secret: string, grant: Grant, nowMs: number): Promise<string> {
  const { subject, scope, tasks, ttlSeconds } = grant;
  const issuedAtSeconds = Math.floor(nowMs / 1000);
  return new SignJWT({ scope, tasks })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(subject)
    .setIssuedAt(issuedAtSeconds)
    .setExpirationTime(issuedAtSeconds + ttlSeconds)
    .sign(new TextEncoder().encode(secret));
}
