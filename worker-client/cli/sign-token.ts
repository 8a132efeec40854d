import { SignJWT } from "jose";

export interface Grant {
  /** The holder of the token; each cancel is recorded with this name. */
  readonly subject: string;
  /** Words of `SCOPES`, separated by spaces. */
  readonly scope: string;
  /** Task ids, and prefixes that end in `*`. */
  readonly tasks: readonly string[];
  /** Names of queues, and prefixes that end in `*`. Default: none. */
  readonly queues?: readonly string[];
  readonly ttlSeconds: number;
}

/**
 * Signs a token for the service (a JWT, HS256) that is valid from `nowMs` on. The build bundles jose
 * into this file, because the package has no dependencies.
 */
export function signToken(secret: string, grant: Grant, nowMs: number): Promise<string> {
  const { subject, scope, tasks, queues = [], ttlSeconds } = grant;
  const issuedAtSeconds = Math.floor(nowMs / 1000);
  return new SignJWT({ scope, tasks, ...(queues.length > 0 && { queues }) })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(subject)
    .setIssuedAt(issuedAtSeconds)
    .setExpirationTime(issuedAtSeconds + ttlSeconds)
    .sign(new TextEncoder().encode(secret));
}
