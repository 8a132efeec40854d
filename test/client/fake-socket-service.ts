import { once } from "node:events";
import { createServer } from "node:http";
import { Arrivals } from "./arrivals.ts";
import { Exchange } from "./exchange.ts";
import { FakeSocket } from "./fake-socket.ts";
import { portOf } from "./port-of.ts";

interface FakeSocketService extends AsyncDisposable {
  readonly url: string;
  /** The WebSockets, in the order in which they were opened. Nothing is said but by the test. */
  readonly sockets: Arrivals<FakeSocket>;
  readonly requests: Arrivals<Exchange>;
}

/** A server that accepts every WebSocket, and says there whatever a test makes it say. */
export async function fakeSocketService(): Promise<FakeSocketService> {
  const sockets = new Arrivals<FakeSocket>();
  const requests = new Arrivals<Exchange>();
  const open = new Set<FakeSocket>();
  const server = createServer((request, response) => requests.add(new Exchange(request, response)));
  server.on("upgrade", (request, line) => {
    const socket = new FakeSocket(request, line);
    open.add(socket);
    sockets.add(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    sockets,
    requests,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      for (const socket of open) socket.cut();
      await once(server, "close");
    },
  };
}
