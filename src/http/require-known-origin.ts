import type { Env } from "../env.ts";
import { knownOrigins } from "./known-origins.ts";
import { ProblemError } from "./problem-error.ts";
import { show } from "./show.ts";

/**
 * Browsers let any web page open a WebSocket to anywhere, but say which page it is. What is no
 * browser says nothing.
 */
export function requireKnownOrigin(request: Request, env: Env): void {
  const origin = request.headers.get("Origin");
  if (origin === null || knownOrigins(env).includes(origin)) return;
  if (URL.parse(origin)?.host === new URL(request.url).host) return;
  throw new ProblemError(
    "forbidden",
    `Pages of ${show(origin)} may not use this service: list it in CORS_ORIGINS.`,
  );
}
