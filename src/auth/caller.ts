import type { JWTPayload } from "jose";
import * as v from "valibot";
import { MAX_SUBJECT_CHARACTERS, type Scope } from "../../worker-client/protocol.ts";
import { isNamed } from "../name-patterns.ts";
import { CLOCK_TOLERANCE_SECONDS } from "./secret-keys.ts";
import { unauthorized } from "./token-verifier.ts";

/** The sender of a request, and what they may do. */
export interface Caller {
  /** The token's `sub`, or null if the service is open. */
  readonly subject: string | null;
  /** Words that are not a `Scope` allow nothing. */
  readonly scopes: ReadonlySet<string>;
  /** Task ids, and prefixes that end in `*`. */
  readonly tasks: readonly string[];
  /** Names of queues, and prefixes that end in `*`. */
  readonly queues: readonly string[];
  /** When the token expires, or null if never. */
  readonly expiresAtMs: number | null;
}

/** The caller of an open service. */
export const ANONYMOUS: Caller = {
  subject: null,
  scopes: new Set(["admin"]),
  tasks: ["*"],
  queues: ["*"],
  expiresAtMs: null,
};

/** Caps `exp`, because an alarm cannot be set much later. */
const LATEST_MS = Date.UTC(2100);

const CLAIMS = v.object({
  sub: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_SUBJECT_CHARACTERS)),
  exp: v.number(),
  scope: v.optional(v.string(), ""),
  tasks: v.optional(v.array(v.string()), []),
  queues: v.optional(v.array(v.string()), []),
});

/** Reads the claims of a verified token. Without `scope`, or without `tasks` and `queues`, it allows nothing. */
export function callerFromClaims(claims: JWTPayload): Caller {
  const result = v.safeParse(CLAIMS, claims, { abortEarly: true });
  if (!result.success) {
    const claim = String(result.issues[0].path?.[0]?.key);
    throw unauthorized(
      `The token's ${claim} is invalid: sub must be a string of 1 to ${MAX_SUBJECT_CHARACTERS} characters, scope words separated by spaces, tasks and queues lists of strings.`,
      { isRefused: true },
    );
  }
  const { sub, exp, scope, tasks, queues } = result.output;
  return {
    subject: sub,
    scopes: new Set(scope.split(" ")),
    tasks,
    queues,
    expiresAtMs: Math.min(exp * 1000, LATEST_MS),
  };
}

/** Whether a caller's scopes allow this. `work` includes `watch`, and `admin` includes everything. */
export function allows({ scopes }: Caller, scope: Scope): boolean {
  return scopes.has(scope) || scopes.has("admin") || (scope === "watch" && scopes.has("work"));
}

/** Whether a caller's token names this task. */
export function covers({ tasks }: Caller, id: string): boolean {
  return isNamed(id, tasks);
}

/** Whether a caller's token names this queue. */
export function coversQueue({ queues }: Caller, queue: string): boolean {
  return isNamed(queue, queues);
}

interface TaskFilter {
  /** Null for any prefix. */
  readonly prefix: string | null;
  /** Null for any queue, or none. */
  readonly queue: string | null;
}

/** Whether a caller's token names every task that a filter matches. */
export function coversAll(caller: Caller, { prefix, queue }: TaskFilter): boolean {
  if (queue !== null && coversQueue(caller, queue)) return true;
  return caller.tasks.some(
    (pattern) => pattern.endsWith("*") && (prefix ?? "").startsWith(pattern.slice(0, -1)),
  );
}

/** Whether a caller's token covers every task and queue that another token covers. */
export function coversToken(caller: Caller, other: Pick<Caller, "tasks" | "queues">): boolean {
  // A prefix is covered like an id: by itself, or by a shorter prefix.
  return (
    coversAll(caller, { prefix: null, queue: null }) ||
    (other.tasks.every((task) => covers(caller, task)) &&
      other.queues.every((queue) => coversQueue(caller, queue)))
  );
}

/**
 * Returns when a watch that is opened now ends: when its token expires, or never (null). A token that has
 * expired is still accepted within the clock tolerance. The watch then lasts until that is over; otherwise
 * it would end at once, and the client would reconnect without a pause.
 */
export function watchEndsAtMs({ expiresAtMs }: Caller, nowMs: number): number | null {
  if (expiresAtMs === null || nowMs < expiresAtMs) return expiresAtMs;
  return expiresAtMs + CLOCK_TOLERANCE_SECONDS * 1000;
}
