import { type Env, setting } from "../env.ts";
import { ProblemError } from "./problem.ts";

const NO_PARAMETERS = new URLSearchParams();
const parsed = new WeakMap<Request, URLSearchParams>();

/** Returns the parameters of the URL. Parses a URL only once, and not at all if it has none, as most do. */
export function parametersOf(request: Request): URLSearchParams {
  if (!request.url.includes("?")) return NO_PARAMETERS;
  const known = parsed.get(request);
  if (known !== undefined) return known;
  const { searchParams } = new URL(request.url);
  parsed.set(request, searchParams);
  return searchParams;
}

/** Returns a parameter of the URL, or null. */
export function parameter(request: Request, name: string): string | null {
  return parametersOf(request).get(name);
}

/** Returns whether a parameter of the URL is `true`, or false if it is missing. */
export function requestedFlag(request: Request, name: string): boolean {
  const value = parameter(request, name);
  if (value === null || value === "false") return false;
  if (value === "true") return true;
  throw new ProblemError(
    "bad-request",
    `The parameter ${show(name)} must be true or false, not ${show(value)}.`,
  );
}

/** More than a day is a mistake, not a preference. */
const MAX_ASKED_SECONDS = 86_400;
const SECONDS = /^\d{1,5}(\.\d{1,3})?$/;

/** How long a watch waits, and the header that says so to a caller that asked with `Prefer`. */
export interface Wait {
  readonly seconds: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Returns how long the caller is willing to wait, from `?wait=30` or `Prefer: wait=30` (RFC 7240), capped
 * at the service's limit. Null if it did not ask to wait, or asked for 0.
 */
export function requestedWait(request: Request, env: Env): Wait | null {
  const wanted = parameter(request, "wait");
  const asked = wanted ?? preferredWait(request.headers);
  if (asked === null) return null;
  const seconds = Math.min(
    secondsOf(asked) ?? setting(env, "WATCH_WAIT_SECONDS"),
    setting(env, "WATCH_MAX_WAIT_SECONDS"),
  );
  if (seconds === 0) return null;
  return {
    seconds,
    headers: wanted === null ? { "Preference-Applied": `wait=${seconds}` } : {},
  };
}

/** Returns null if the caller leaves the wait to the service. */
function secondsOf(asked: string): number | null {
  if (asked === "") return null;
  if (SECONDS.test(asked) && Number(asked) <= MAX_ASKED_SECONDS) return Number(asked);
  throw new ProblemError(
    "bad-request",
    `The wait must be a number of seconds from 0 to ${MAX_ASKED_SECONDS}, not ${show(asked)}.`,
  );
}

/** Returns the value of the first `wait` preference: empty if it has none, null if there is no such preference. */
function preferredWait(headers: Headers): string | null {
  for (const preference of (headers.get("Prefer") ?? "").split(",")) {
    const [name = "", ...value] = (preference.split(";")[0] ?? "").split("=");
    if (name.trim().toLowerCase() !== "wait") continue;
    return value
      .join("=")
      .trim()
      .replace(/^"([^"]*)"$/, "$1");
  }
  return null;
}

/** Returns the WebSocket subprotocols that a request offers. */
export function offeredProtocols({ headers }: Request): string[] {
  const offered = headers.get("Sec-WebSocket-Protocol") ?? "";
  return offered.split(",").map((protocol) => protocol.trim());
}

const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;

/**
 * Returns the trace that a request belongs to. Ignores a malformed one: a trace must not make a request
 * fail.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function traceparentOf({ headers }: Request): string | undefined {
  const traceparent = headers.get("traceparent");
  return traceparent !== null && TRACEPARENT.test(traceparent) ? traceparent : undefined;
}

/** Decodes a percent-encoded part of a URL. Returns null if an escape in it is malformed. */
export function decodeComponent(component: string): string | null {
  try {
    return decodeURIComponent(component);
  } catch {
    return null;
  }
}

const SHOWN_CHARACTERS = 80;

/** Quotes a value for an error message, as JSON, truncated if it is long. */
export function show(value: unknown): string {
  const json = JSON.stringify(value) ?? "nothing";
  return json.length <= SHOWN_CHARACTERS ? json : `${json.slice(0, SHOWN_CHARACTERS)}…`;
}
