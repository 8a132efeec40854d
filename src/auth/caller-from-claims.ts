import type { JWTPayload } from "jose";
import * as v from "valibot";
import { MAX_SUBJECT_CHARACTERS } from "../../worker-client/protocol.ts";
import type { Caller } from "./caller.ts";
import { unauthorized } from "./unauthorized.ts";

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
