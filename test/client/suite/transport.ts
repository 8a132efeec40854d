/**
 * How a client's watches travel: over a WebSocket, by long polls because it was handed a `fetch` of
 * its own, or by long polls because the runtime has no WebSocket.
 */
export type Transport = "WebSocket" | "long poll" | "no WebSocket";
