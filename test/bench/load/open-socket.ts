import { once } from "node:events";
import { WebSocket } from "ws";
import type { Watcher } from "./watcher.ts";

/** A bare WebSocket, parked when it is open; its first message is that it is told. */
export async function openSocket(serviceUrl: string, path: string): Promise<Watcher> {
  const url = serviceUrl.replace(/^http/, "ws") + path;
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const told = Promise.withResolvers<number>();
  socket.once("message", () => told.resolve(performance.now()));
  await once(socket, "open");
  return {
    toldAtMs: told.promise,
    async close() {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = once(socket, "close");
      socket.close(1000);
      await closed;
    },
  };
}
