import { EnvHttpProxyAgent, WebSocket as UndiciWebSocket, fetch as undiciFetch } from "undici-7";
import type { Proxies } from "./proxy.ts";

/**
 * Returns a `fetch` and a `WebSocket` that go through HTTP proxies, by CONNECT. The build puts undici
 * into this file, because the package depends on no other.
 */
export function connectThrough(proxies: Proxies) {
  const dispatcher = new EnvHttpProxyAgent(proxies);
  return {
    async fetch(...[url, init]: Parameters<typeof undiciFetch>) {
      try {
        return await undiciFetch(url, { ...init, dispatcher });
      } catch (error) {
        throw explain(error, proxies);
      }
    },
    WebSocket: class WebSocket extends UndiciWebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, { protocols, dispatcher });
      }
    },
  };
}

const REFUSED = /^Proxy response \((\d+)\)/;

/** Says so if it was the proxy that failed: otherwise it would look as if the service had. */
function explain(error: unknown, proxies: Proxies): unknown {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  if (!(cause instanceof Error)) return error;
  const [, status] = REFUSED.exec(cause.message) ?? [];
  if (status !== undefined) {
    const hint = status === "407" ? ", so put USER:PASSWORD@ before its host" : "";
    return failed(`the proxy refused with HTTP status ${status}${hint}`);
  }
  for (const proxy of [proxies.httpsProxy, proxies.httpProxy]) {
    if (proxy !== "" && isFrom(cause, new URL(proxy))) {
      const code = "code" in cause ? cause.code : cause.message;
      return failed(`the proxy ${new URL(proxy).host} cannot be reached: ${code}`);
    }
  }
  return error;
}

/** Whether the connection that failed was to this host. */
function isFrom(cause: Error, { hostname, port, protocol }: URL): boolean {
  if ("hostname" in cause) return cause.hostname === hostname;
  const defaultPort = protocol === "https:" ? 443 : 80;
  return "port" in cause && cause.port === (Number(port) || defaultPort);
}

function failed(message: string): TypeError {
  return new TypeError("fetch failed", { cause: new Error(message) });
}
