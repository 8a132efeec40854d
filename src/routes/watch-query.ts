import * as v from "valibot";
import type { Env } from "../env.ts";
import { fields } from "../http/fields.ts";
import { ProblemError } from "../http/problem.ts";
import { parametersOf, requestedFlag, requestedWait, show, type Wait } from "../http/request.ts";
import type { WatchRole } from "../tasks/watch.ts";

/** The query parameters of a read or a watch. `watch` has no effect: it only makes the URL unique. */
export const WATCH_PARAMETERS = [
  "wait",
  "revision",
  "lastEventId",
  "attempt",
  "holder",
  "observe",
  "direct",
  "watch",
];

/** What a read or a watch of a task asks for. */
export interface WatchQuery {
  /** The revision that the caller has, or null if it names none. */
  readonly revision: number | null;
  /** How long a poll may be parked, or null if not at all. */
  readonly wait: Wait | null;
  readonly role: WatchRole;
  /** Whether a WebSocket leads straight to the object. */
  readonly isDirect: boolean;
}

/** Reads and checks the whole query, even what this kind of read does not use. */
export function watchQuery(request: Request, env: Env): WatchQuery {
  const wait = requestedWait(request, env);
  const query = parametersOf(request);
  return {
    revision: namedRevision(request, query),
    wait,
    ...(query.size === 0
      ? { role: { kind: "worker" }, isDirect: false }
      : { role: requestedRole(request, query), isDirect: isDirect(query) }),
  };
}

const REVISION = /^\d{1,15}$/;
const ENTITY_TAG = /^(?:W\/)?"(\d{1,15})"$/;

/**
 * Returns the revision that the caller says it has: `Last-Event-ID: 3`, `?revision=3` or
 * `If-None-Match: "3"`. Null if it names none, or a tag that we never sent.
 */
function namedRevision({ headers }: Request, query: URLSearchParams): number | null {
  // An EventSource that reconnects repeats its first URL, but its Last-Event-ID is up to date. A polyfill
  // that cannot set headers sends it in the query.
  const named = [
    toRevision(headers.get("Last-Event-ID")),
    toRevision(query.get("lastEventId")),
    toRevision(query.get("revision")),
  ];
  const revision = named.find((one) => one !== null);
  if (revision !== undefined) return revision;
  const tag = ENTITY_TAG.exec(headers.get("If-None-Match")?.trim() ?? "");
  return tag ? Number(tag[1]) : null;
}

/** Returns null if it is missing or empty. */
function toRevision(revision: string | null): number | null {
  if (!revision) return null;
  if (REVISION.test(revision)) return Number(revision);
  throw new ProblemError(
    "bad-request",
    `The revision must be a whole number from an earlier response, not ${show(revision)}.`,
  );
}

const ATTEMPT = /^[1-9]\d{0,14}$/;

/** Returns the watcher: a run (`?attempt=3&holder=…`), an observer (`?observe=true`), or a worker. */
function requestedRole(request: Request, query: URLSearchParams): WatchRole {
  const isObserver = requestedFlag(request, "observe");
  const attempt = query.get("attempt");
  const holder = query.get("holder");
  if (attempt === null && holder === null) return { kind: isObserver ? "observer" : "worker" };
  if (attempt !== null && ATTEMPT.test(attempt) && v.is(fields.holder, holder)) {
    return { kind: "run", attempt: Number(attempt), holder };
  }
  throw new ProblemError(
    "bad-request",
    `The watch of a run names both its attempt, a whole number from 1, and its holder, 1 to 128 characters, not ${show({ attempt, holder })}.`,
  );
}

function isDirect(query: URLSearchParams): boolean {
  const direct = query.get("direct");
  if (direct === null || direct === "1") return direct === "1";
  throw new ProblemError("bad-request", `The parameter "direct" must be 1, not ${show(direct)}.`);
}
