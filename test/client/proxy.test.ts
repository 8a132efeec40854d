import { once } from "node:events";
import { createServer, request as send } from "node:http";
import { pipeline } from "node:stream";
import { describe, expect, inject, it } from "vitest";
import { TaskCancelledError, TaskClient } from "../../worker-client/index.ts";
import { portOf } from "./harness.ts";
import { abortOf, eventually } from "./suite/harness.ts";

interface HttpProxy extends AsyncDisposable {
  readonly url: string;
  /** How many WebSockets it has refused. */
  readonly refused: number;
}

/** An HTTP proxy in front of a service, of the kind that lets no WebSocket through. */
async function proxyWithoutWebSockets(target: string): Promise<HttpProxy> {
  let refused = 0;
  const server = createServer((request, response) => {
    const { method = "GET", headers, url = "" } = request;
    const onward = send(new URL(url, target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, response, () => {});
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    pipeline(request, onward, () => {});
  });
  server.on("upgrade", (_, line) => {
    refused++;
    line.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    get refused() {
      return refused;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

describe("behind a proxy that lets no WebSocket through", () => {
  it("a watch polls instead, and learns of a cancel while its poll is parked", async () => {
    const id = `proxied-${crypto.randomUUID()}`;
    await using proxy = await proxyWithoutWebSockets(inject("serviceUrl"));
    const direct = new TaskClient({ url: inject("serviceUrl") });
    await direct.start(id);
    using watch = new TaskClient({ url: proxy.url }).watch(id);
    await eventually(
      () => direct.get(id),
      (task) => task?.watchers === 1,
    );
    await direct.cancel(id);
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
    expect(proxy.refused).toBeGreaterThan(0);
  });
});
