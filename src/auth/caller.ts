import type { JWTPayload } from "jose";
import * as v from "valibot";
import { MAX_SUBJECT_CHARACTERS, type Scope } from "../../worker-client/protocol.ts";
import { isNamed } from "../name-patterns.ts";
import { CLOCK_TOLERANCE_SECONDS } from "./secret-keys.ts";
import { unauthorized } from "./token-verifier.ts";

/** The sender of a request, and what they may do. */
export interface Caller {
  /** Null if the service is open. */
  readonly subject: string | null;
  /** A word that is not a `Scope` means nothing here. */
  readonly scopes: ReadonlySet<string>;
  /** Task ids, and prefixes that end in `*`. */
  readonly tasks: readonly string[];
  /** Names of queues, and prefixes that end in `*`. */
  readonly queues: readonly string[];
  /** Null if never. */
  readonly expiresAtMs: number | null;
}

/** Everybody who uses an open service. */
export const ANONYMOUS: Caller = {
  subject: null,
  scopes: new Set(["admin"]),
  tasks: ["*"],
  queues: ["*"],
  expiresAtMs: null,
};

/** An alarm cannot be set much later. */
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
      `The token's ${claim} cannot be read: sub is a text of 1 to ${MAX_SUBJECT_CHARACTERS} characters, scope is words separated by spaces, tasks and queues are lists of texts.`,
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
  /** Null: any beginning. */
  readonly prefix: string | null;
  /** Null: any queue, or none. */
  readonly queue: string | null;
}

/** Whether a caller's token names every task that a filter lets through. */
export function coversAll(caller: Caller, { prefix, queue }: TaskFilter): boolean {
  if (queue !== null && coversQueue(caller, queue)) return true;
  return caller.tasks.some(
    (pattern) => pattern.endsWith("*") && (prefix ?? "").startsWith(pattern.slice(0, -1)),
  );
}

/** Whether a caller's token names all that another one names: ids and queues, and prefixes of them. */
export function coversToken(caller: Caller, other: Pick<Caller, "tasks" | "queues">): boolean {
  // A prefix is named by itself and by shorter ones, just as an id would be.
  return (
    coversAll(caller, { prefix: null, queue: null }) ||
    (other.tasks.every((task) => covers(caller, task)) &&
      other.queues.every((queue) => coversQueue(caller, queue)))
  );
}

/**
 * Returns when a watch that is opened now ends: with its token, or never (null). If the token is
 * accepted only because clocks may differ, the watch lasts as long as that tolerance: otherwise it
 * would end at once, and the client would come back without a pause.
 */
export function watchEndsAtMs({ expiresAtMs }: Caller, nowMs: number): number | null {
  if (expiresAtMs === null || nowMs < expiresAtMs) return expiresAtMs;
  return expiresAtMs + CLOCK_TOLERANCE_SECONDS * 1000;
}
