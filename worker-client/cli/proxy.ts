import { versions } from "node:process";
import { printLine } from "./terminal.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The HTTP proxies that an environment names. */
export interface Proxies {
  /** For http:// addresses and, if there is no `httpsProxy`, for https:// ones too. */
  readonly httpProxy: string;
  readonly httpsProxy: string;
  /** Hosts that are reached directly, separated by commas. */
  readonly noProxy: string;
}

/**
 * Lets the command reach the service through the HTTP proxy that the environment names. Deno reads
 * the variables itself; Bun does so for `fetch`, and can be told the proxy of a WebSocket. Node does
 * neither, so undici's `fetch` and `WebSocket` take the place of Node's own. They are loaded only
 * here, because that takes a while.
 */
export async function goThroughProxies(environment: Environment): Promise<void> {
  if (!namesProxy(environment) || versions["deno"]) return;
  const proxies = proxiesFrom(environment);
  if (versions["bun"]) {
    Object.assign(globalThis, { WebSocket: bunSocketThrough(proxies) });
  } else {
    const { connectThrough } = await import("./proxied.ts");
    Object.assign(globalThis, connectThrough(proxies));
  }
}

/** Whether an environment names a proxy. */
export function namesProxy(environment: Environment): boolean {
  return ["http", "https"].some((scheme) => variable(environment, scheme) !== "");
}

/** Returns a `WebSocket` constructor that tells Bun which proxy to use. */
function bunSocketThrough({ httpProxy, httpsProxy, noProxy }: Proxies) {
  const BunSocket = globalThis.WebSocket;
  return function WebSocket(address: string, protocols: string[]): WebSocket {
    const { protocol, hostname } = new URL(address);
    const proxy = (protocol === "wss:" && httpsProxy) || httpProxy;
    const isDirect = noProxy
      .split(",")
      .some((host) => host === "*" || host === hostname || isBelow(hostname, host));
    const options = proxy === "" || isDirect ? protocols : { protocols, proxy };
    return Reflect.construct(BunSocket, [address, options]);
  };
}

function isBelow(hostname: string, domain: string): boolean {
  return domain.startsWith(".") && hostname.endsWith(domain);
}

/** Lower case wins, as in curl. */
function variable(environment: Environment, name: string): string {
  const lower = `${name}_proxy`;
  return (environment[lower] || environment[lower.toUpperCase()] || "").trim();
}

function proxiesFrom(environment: Environment): Proxies {
  return {
    httpProxy: proxyUrl(environment, "http"),
    httpsProxy: proxyUrl(environment, "https"),
    noProxy: noProxy(variable(environment, "no")),
  };
}

/** Like curl, takes `proxy:3128` as `http://proxy:3128`. */
function proxyUrl(environment: Environment, scheme: string): string {
  const value = variable(environment, scheme);
  if (value === "") return "";
  const url = value.includes("://") ? value : `http://${value}`;
  if (/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : "")) return url;
  const name = `${scheme.toUpperCase()}_PROXY`;
  printLine(2, `edge-canceler: ${name} is ignored: it is not like http://HOST:PORT`);
  return "";
}

const THIS_MACHINE = ["localhost", "127.0.0.1", "[::1]"];

/** Like curl and Go, lets a domain stand for its subdomains too, and reaches this machine directly. */
function noProxy(value: string): string {
  if (value === "*") return value;
  const hosts = value.split(/[,\s]+/).filter((host) => host !== "");
  const below = hosts.filter((host) => /^[a-z]/i.test(host)).map((host) => `.${host}`);
  return [...hosts, ...below, ...THIS_MACHINE].join(",");
}
