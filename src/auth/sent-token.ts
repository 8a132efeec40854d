import { WEBSOCKET_PROTOCOL } from "../../worker-client/protocol.ts";
import { offeredProtocols } from "../http/offered-protocols.ts";
import { unauthorized } from "./unauthorized.ts";

const BEARER = /^Bearer +([^\s,]+)$/i;
const PROTOCOL_PREFIX = "bearer.";

/**
 * The token of a request: from its `Authorization` header or, where a WebSocket can have none, from
 * the subprotocol `bearer.<token>` beside the service's own. Never from the URL, which is logged.
 */
export function sentToken(request: Request): string {
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
