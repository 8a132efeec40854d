/** The WebSocket subprotocols that a request offers. */
export function offeredProtocols({ headers }: Request): string[] {
  const offered = headers.get("Sec-WebSocket-Protocol") ?? "";
  return offered.split(",").map((protocol) => protocol.trim());
}
