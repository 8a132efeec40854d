import { cors } from "itty-router";
import { PARENT_HEADER } from "../../worker-client/protocol-trees.ts";
import type { Env } from "../env.ts";
import { ProblemError } from "./problem.ts";
import { show } from "./request.ts";

const OPTIONS = {
  allowMethods: ["GET", "HEAD", "POST", "PUT", "DELETE"],
  allowHeaders: [
    "Authorization",
    "Content-Type",
    PARENT_HEADER,
    "If-None-Match",
    "Last-Event-ID",
    "Prefer",
    "traceparent",
  ],
  exposeHeaders: ["ETag", "Location", "Preference-Applied", "Retry-After", "WWW-Authenticate"],
  maxAge: 3600,
};

/** CORS for pages of the known origins, by exact match. Off if there are none. */
export const crossOrigin = {
  /** Responds to the preflight request of a known page. */
  preflight(request: Request, env: Env): Response | undefined {
    const origin = knownOrigin(request, knownOrigins(env));
    if (origin === null || !request.headers.has("Access-Control-Request-Method")) return undefined;
    return cors({ ...OPTIONS, origin }).preflight(request) ?? undefined;
  },

  /** Lets a known page read the response. */
  allow(response: Response, request: Request, env: Env): Response {
    const known = knownOrigins(env);
    if (known.length === 0) return response;
    response.headers.append("Vary", "Origin");
    const origin = knownOrigin(request, known);
    if (origin === null) return response;
    response.headers.set("Access-Control-Allow-Origin", origin);
    response.headers.set("Access-Control-Expose-Headers", OPTIONS.exposeHeaders.join(", "));
    return response;
  },
};

/** Returns the origin of the page that sent a request if it is known, or null. */
function knownOrigin(request: Request, known: readonly string[]): string | null {
  const origin = request.headers.get("Origin");
  return origin !== null && known.includes(origin) ? origin : null;
}

/** Returns the origins whose web pages may use the service, as `CORS_ORIGINS` lists them. */
export function knownOrigins({ CORS_ORIGINS = "" }: Env): string[] {
  return CORS_ORIGINS.split(",")
    .map((origin) => origin.trim())
    .filter((origin) => origin !== "");
}

/**
 * Rejects a WebSocket from an unknown web page. Browsers let a page open one to any host, but send the
 * page's origin. Other clients send none.
 */
export function requireKnownOrigin(request: Request, env: Env): void {
  const origin = request.headers.get("Origin");
  if (origin === null || knownOrigins(env).includes(origin)) return;
  if (URL.parse(origin)?.host === new URL(request.url).host) return;
  throw new ProblemError(
    "forbidden",
    `Pages of ${show(origin)} may not use this service: list that origin in CORS_ORIGINS.`,
  );
}
