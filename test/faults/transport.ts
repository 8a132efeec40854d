/** How a client watches. */
export type Transport = "WebSocket" | "long poll";

/** Every way to watch. */
export const TRANSPORTS: readonly Transport[] = ["WebSocket", "long poll"];
