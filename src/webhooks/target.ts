/** The hosts that `WEBHOOK_HOSTS` lists, or what is wrong with it. */
type WebhookHosts =
  | { readonly kind: "off" }
  | { readonly kind: "listed"; readonly patterns: readonly string[] }
  | { readonly kind: "invalid"; readonly entry: string };

/** `hooks.example.com` or `*.example.org`, each with or without a port. */
const HOST = /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*(?::\d{1,5})?$/;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const PORT = /:\d{1,5}$/;
/** Names that mean something only inside one network. */
const INTERNAL =
  /(?:^|\.)(?:internal|local|lan|intranet|localdomain|localhost|home\.arpa|corp|home|private)$/;
const MAX_URL_CHARACTERS = 2048;

/** Reads `WEBHOOK_HOSTS`. An invalid entry turns webhooks off, so that a typo opens nothing. */
export function webhookHosts(setting = ""): WebhookHosts {
  const patterns = setting
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== "");
  if (patterns.length === 0) return { kind: "off" };
  const entry = patterns.find((pattern) => !isPattern(pattern));
  return entry === undefined ? { kind: "listed", patterns } : { kind: "invalid", entry };
}

function isPattern(entry: string): boolean {
  const host = entry.replace(PORT, "");
  return LOOPBACK.test(host) || (HOST.test(entry) && !INTERNAL.test(host));
}

/**
 * Returns why nothing is sent to a URL, as the message of a field, or null if the URL is allowed. Rejects
 * IP addresses, because they may lie inside a private network. This machine must be listed, and may then
 * be reached without TLS.
 */
export function urlRefusal(text: string, patterns: readonly string[]): string | null {
  const url = URL.parse(text);
  if (url === null || text.length > MAX_URL_CHARACTERS) {
    return `must be a URL such as https://hooks.example.com/task, of at most ${MAX_URL_CHARACTERS} characters`;
  }
  if (url.username || url.password)
    return "must not contain a user name or password: events are signed.";
  const isThisMachine = LOOPBACK.test(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isThisMachine)) {
    return "must begin with https://";
  }
  if (patterns.some((pattern) => matches(pattern, url))) return null;
  const listed = `must be at one of the hosts that WEBHOOK_HOSTS lists (${patterns.join(", ")})`;
  return isThisMachine
    ? `${listed}. Add ${url.hostname} to it if events may be sent to this machine.`
    : listed;
}

function matches(pattern: string, { hostname, protocol, port }: URL): boolean {
  const host = pattern.replace(PORT, "");
  // Without a port, an entry stands for the one of https, or for every port of this machine.
  const listedPort = PORT.exec(pattern)?.[0].slice(1) ?? (LOOPBACK.test(host) ? null : "443");
  const usedPort = port || (protocol === "https:" ? "443" : "80");
  if (listedPort !== null && listedPort !== usedPort) return false;
  return host.startsWith("*.") ? hostname.endsWith(host.slice(1)) : hostname === host;
}
