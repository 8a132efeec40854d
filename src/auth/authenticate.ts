import type { IRequestStrict } from "itty-router";
import { WEBSOCKET_PROTOCOL } from "../../worker-client/protocol.ts";
import type { Env } from "../env.ts";
import { ProblemError } from "../http/problem.ts";
import { offeredProtocols } from "../http/request.ts";
import { accessOf } from "./access.ts";
import { anybody, type Caller } from "./caller.ts";
import { unauthorized } from "./token-verifier.ts";

/** A request on its way through the router. */
export interface ServiceRequest extends IRequestStrict {
  /** Date.now() when it came. */
  receivedAtMs?: number;
  /** Who makes it, once that is known. */
  caller?: Caller;
}

/**
 * Finds out who makes a request. No route behind it is reached by anybody else: 503 if nothing says
 * who may, 401 without a good token.
 */
export async function authenticate(request: ServiceRequest, env: Env): Promise<void> {
  request.caller = await callerOf(request, env);
}

async function callerOf(request: Request, env: Env): Promise<Caller> {
  const access = accessOf(env);
  switch (access.kind) {
    case "open":
      return anybody;
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

const BEARER = /^Bearer +([^\s,]+)$/i;
const PROTOCOL_PREFIX = "bearer.";

/**
 * The token of a request: from its `Authorization` header or, where a WebSocket can have none, from
 * the subprotocol `bearer.<token>` beside the service's own. Never from the URL, which is logged.
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

/** Cloudflare counts in periods of 10 s or of 60 s and does not say which, nor when one is over. */
const RETRY_AFTER_SECONDS = 10;

/** Refuses a token that asks too often, if the deployment has a rate limit. */
async function limitRate(token: string, env: Env): Promise<void> {
  if (!env.RATE_LIMITER) return;
  const { success } = await env.RATE_LIMITER.limit({ key: await digestOf(token) });
  if (success) return;
  throw new ProblemError("too-many-requests", "This token asks too often: slow down.", {
    headers: { "Retry-After": String(RETRY_AFTER_SECONDS) },
  });
}

/** The token itself is handed to nobody. */
async function digestOf(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return new Uint8Array(digest).toBase64();
}
