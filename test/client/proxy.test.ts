import { describe, expect, inject, it } from "vitest";
import { TaskCancelledError, TaskClient } from "../../worker-client/index.ts";
import { proxyWithoutWebSockets } from "./proxy-without-websockets.ts";
import { abortOf } from "./suite/abort-of.ts";
import { eventually } from "./suite/eventually.ts";

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
