import type { IRequestStrict } from "itty-router";
import { WEBSOCKET_PROTOCOL } from "../../worker-client/protocol.ts";
import type { Env } from "../env.ts";
import { knownOrigins } from "../http/cors.ts";
import { ProblemError } from "../http/problem.ts";
import { offeredProtocols } from "../http/request.ts";
import { accessOf } from "./access.ts";
import { ANONYMOUS, type Caller } from "./caller.ts";
import { unauthorized } from "./token-verifier.ts";

/** A request on its way through the router. */
export interface ServiceRequest extends IRequestStrict {
  /** `Date.now()` when the request arrived. */
  receivedAtMs?: number;
  /** The sender, once that is known. */
  caller?: Caller;
}

/**
 * Finds out who sent a request, or rejects it before any route below sees it: 503 if the settings keep
 * the service closed, 401 without a valid token, 421 if a web page may have given an open service another name.
 */
export async function authenticate(request: ServiceRequest, env: Env): Promise<void> {
  request.caller = await callerOf(request, env);
}

async function callerOf(request: Request, env: Env): Promise<Caller> {
  const access = accessOf(env);
  switch (access.kind) {
    case "open":
      rejectDnsRebinding(request, env);
      return ANONYMOUS;
    case "closed":
      throw new ProblemError("closed", access.detail);
    case "tokens": {
      const token = sentToken(request);
      const caller = await access.verifier.callerOf(token);
      await limitRate(token, env);
      return caller;
    }
  }
}

const LOOPBACK_URL =
  /^https?:\/\/(?:(?:[\w-]+\.)*localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?(?:[/?#]|$)/i;
const URL_WITHOUT_PORT = /^https?:\/\/[\w.-]+(?:[/?#]|$)/i;

/**
 * Rejects web pages that point a domain of their own at this machine (DNS rebinding), so that the browser
 * treats an open service as theirs. Such a page has to name the service's port. A URL that leads to a
 * deployment, or through a tunnel or a TLS proxy, names none.
 */
function rejectDnsRebinding(request: Request, env: Env): void {
  if (LOOPBACK_URL.test(request.url)) return;
  const origin = request.headers.get("Origin");
  const isPage = origin !== null && !knownOrigins(env).includes(origin);
  if (URL_WITHOUT_PORT.test(request.url) && !isPage) return;
  throw new ProblemError(
    "misdirected",
    "This service requires no token, so it answers only as localhost, 127.0.0.1 or [::1]: use one of these, or set AUTH_SECRET.",
  );
}

const BEARER = /^Bearer +([^\s,]+)$/i;
const PROTOCOL_PREFIX = "bearer.";

/**
 * Returns the token of a request: from its `Authorization` header or, because a browser cannot set that
 * on a WebSocket, from the subprotocol `bearer.<token>` next to the service's own. Never from the URL,
 * which proxies log.
 */
function sentToken(request: Request): string {
  const header = request.headers.get("Authorization");
  const inHeader = header === null ? [] : [tokenIn(header)];
  const tokens = [...inHeader, ...tokensInProtocols(request)];
  const [token, ...others] = tokens;
  if (token === undefined) {
    throw unauthorized("The request has no token: send it as Authorization: Bearer TOKEN.", {
      isRefused: false,
    });
  }
  if (others.length === 0) return token;
  throw unauthorized("The request has more than one token: send one.", { isRefused: true });
}

function tokenIn(header: string): string {
  const [, token] = BEARER.exec(header) ?? [];
  if (token !== undefined) return token;
  throw unauthorized("The Authorization header is not one bearer token: send Bearer TOKEN.", {
    isRefused: true,
  });
}

function tokensInProtocols(request: Request): string[] {
  const offered = offeredProtocols(request);
  if (!offered.includes(WEBSOCKET_PROTOCOL)) return [];
  return offered
    .filter((protocol) => protocol.startsWith(PROTOCOL_PREFIX))
    .map((protocol) => protocol.slice(PROTOCOL_PREFIX.length));
}

/** Cloudflare counts in periods of 10 s or 60 s, but says neither which nor when one ends. */
const RETRY_AFTER_SECONDS = 10;

/** Rejects a token that exceeds the deployment's rate limit, if it has one. */
async function limitRate(token: string, env: Env): Promise<void> {
  if (!env.RATE_LIMITER) return;
  const { success } = await env.RATE_LIMITER.limit({ key: await rateKeyOf(token) });
  if (success) return;
  throw new ProblemError("too-many-requests", "Too many requests with this token: slow down.", {
    headers: { "Retry-After": String(RETRY_AFTER_SECONDS) },
  });
}

/**
 * Returns a digest of the signed part of a token, so that the rate limiter never sees the token itself.
 * The signature is left out: every ES256 signature has a second valid form that anyone can compute.
 */
async function rateKeyOf(token: string): Promise<string> {
  const signed = new TextEncoder().encode(token.slice(0, token.lastIndexOf(".")));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", signed)).toBase64();
}
