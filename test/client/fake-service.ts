import { once } from "node:events";
import { createServer } from "node:http";
import { Arrivals } from "./arrivals.ts";
import { Exchange } from "./exchange.ts";
import { portOf } from "./port-of.ts";

interface FakeService extends AsyncDisposable {
  readonly url: string;
  /** What arrives, in order. Nothing is answered but by the test. */
  readonly requests: Arrivals<Exchange>;
}

/** An HTTP server that says whatever a test makes it say: anything but the service. */
export async function fakeService(): Promise<FakeService> {
  const requests = new Arrivals<Exchange>();
  const server = createServer((request, response) => requests.add(new Exchange(request, response)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
