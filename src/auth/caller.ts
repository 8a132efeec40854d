import type { JWTPayload } from "jose";
import * as v from "valibot";
import { MAX_SUBJECT_CHARACTERS, type Scope } from "../../worker-client/protocol.ts";
import { CLOCK_TOLERANCE_SECONDS } from "./secret-keys.ts";
import { unauthorized } from "./token-verifier.ts";

/** Who makes a request, and what they may do. */
export interface Caller {
  /** Null: nobody asked who it is. */
  readonly subject: string | null;
  /** Words that are no `Scope` mean nothing here. */
  readonly scopes: ReadonlySet<string>;
  /** Task ids, and prefixes of them that end in `*`. */
  readonly tasks: readonly string[];
  /** Null: never. */
  readonly expiresAtMs: number | null;
}

/** Whoever comes to a service that is open. */
export const anybody: Caller = {
  subject: null,
  scopes: new Set(["admin"]),
  tasks: ["*"],
  expiresAtMs: null,
};

/** No alarm can be set to a time that is much later. */
const LATEST_MS = Date.UTC(2100);

const CLAIMS = v.object({
  sub: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_SUBJECT_CHARACTERS)),
  exp: v.number(),
  scope: v.optional(v.string(), ""),
  tasks: v.optional(v.array(v.string()), []),
});

/** What the claims of a verified token say. `scope` and `tasks` may be left out: then it may nothing. */
export function callerFromClaims(claims: JWTPayload): Caller {
  const result = v.safeParse(CLAIMS, claims, { abortEarly: true });
  if (!result.success) {
    const claim = String(result.issues[0].path?.[0]?.key);
    throw unauthorized(
      `The token's ${claim} cannot be read: sub is a text of 1 to ${MAX_SUBJECT_CHARACTERS} characters, scope words with spaces between them, tasks a list of texts.`,
      { isRefused: true },
    );
  }
  const { sub, exp, scope, tasks } = result.output;
  return {
    subject: sub,
    scopes: new Set(scope.split(" ")),
    tasks,
    expiresAtMs: Math.min(exp * 1000, LATEST_MS),
  };
}

/** Whether a caller's scopes allow this. Who works on a task may watch it, and `admin` may all. */
export function allows({ scopes }: Caller, scope: Scope): boolean {
  return scopes.has(scope) || scopes.has("admin") || (scope === "watch" && scopes.has("work"));
}

/** Whether a caller's token is good for this task. */
export function covers({ tasks }: Caller, id: string): boolean {
  return tasks.some((pattern) =>
    pattern.endsWith("*") ? id.startsWith(pattern.slice(0, -1)) : id === pattern,
  );
}

/**
 * When a watch ends that is opened now: with its token. One that is opened with a token that is taken
 * for the clock's tolerance alone lasts as long as that, or a client would come back without a pause.
 * Null: never.
 */
export function watchEndsAtMs({ expiresAtMs }: Caller, nowMs: number): number | null {
  if (expiresAtMs === null || nowMs < expiresAtMs) return expiresAtMs;
  return expiresAtMs + CLOCK_TOLERANCE_SECONDS * 1000;
}
