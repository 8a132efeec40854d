import { SignJWT } from "jose";

const MIN_SECRET_BYTES = 32;
const SCOPES = ["watch", "work", "cancel", "declare", "admin"];
const TASK = /^[\w.~:-]{0,128}\*?$/;

interface Grant {
  /** Who it is for; shown as `requestedBy`. */
  readonly subject: string;
  /** Words out of watch, work, cancel, declare and admin, with spaces between them. */
  readonly scope: string;
  /** Task ids, and prefixes of them that end in `*`. */
  readonly tasks: readonly string[];
  readonly ttlSeconds: number;
}

/** A token that is good for this, signed with the service's secret. Throws one clear line about what is wrong. */
export async function mintToken(secret: string, grant: Grant): Promise<string> {
  const key = new TextEncoder().encode(secret);
  if (key.length < MIN_SECRET_BYTES) {
    throw new Error(
      `the secret is shorter than ${MIN_SECRET_BYTES} bytes: make one with openssl rand -base64 32`,
    );
  }
  const { subject, scope, tasks, ttlSeconds } = grant;
  const unknown = scope.split(" ").find((word) => !SCOPES.includes(word));
  if (unknown !== undefined) {
    throw new Error(`"${unknown}" is no scope: the scopes are ${SCOPES.join(", ")}`);
  }
  const bad = tasks.find((task) => task === "" || !TASK.test(task));
  if (bad !== undefined) {
    throw new Error(`"${bad}" names no task: write an id, or a prefix of ids with * at its end`);
  }
  const nowSeconds = Math.floor(Date.now() / 1000);
  return new SignJWT({ scope, tasks: [...tasks] })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(subject)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + ttlSeconds)
    .sign(key);
}
